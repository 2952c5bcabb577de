// What gates ask for and what they decide, as values. gate.h decides; the public API hands both on
// as they are.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace qconvert {

/// What a candidate must reach on samples like those that were given; unset: not judged. Each is an
/// option of that name and a key of a gates file.
struct GateLimits {
  std::optional<double> max_drop = {};         ///< percentage points of top-1, in [0, 100]
  std::optional<double> min_top1 = {};         ///< percent, in [0, 100]
  std::optional<double> min_agreement = {};    ///< percent, in [0, 100]
  std::optional<double> min_sqnr = {};         ///< dB, of the worst output; finite
  std::optional<double> min_correlation = {};  ///< of the worst output, in [-1, 1]
  std::optional<double> max_top5_drop = {};    ///< percentage points of top-5, in [0, 100]
  std::optional<double> max_mse = {};          ///< mean squared error of the worst output
  std::optional<double> min_iou =
      {};  ///< percent, of the label maps of the first output, on average
  std::optional<double> max_latency_ratio = {};  ///< time of the candidate / of the reference
  std::optional<double> max_size_ratio = {};     ///< bytes of the candidate / of the reference
  // Of what the metric command measures; finite.
  std::optional<double> min_metric = {}, max_metric = {};  ///< of the candidate
  std::optional<double> max_metric_drop = {};              ///< reference - candidate
  std::optional<double> max_metric_rise = {};              ///< candidate - reference
};

/// What a gate decides. kUndecided: the limit lies within the interval, so the samples show
/// neither.
enum class Verdict { kPass, kFail, kUndecided };

/// Returns "pass", "fail" or "undecided".
constexpr const char* ToText(Verdict verdict) {
  return verdict == Verdict::kPass ? "pass" : verdict == Verdict::kFail ? "fail" : "undecided";
}

/// One gate's verdict.
struct GateResult {
  std::string gate;  ///< "max-drop": the option that sets the limit
  std::string name;  ///< of the figure: "top-1 drop (points)"
  double limit = 0, value = 0;
  /// The 95 % interval of the figure: both are the value where it is known exactly, and infinite
  /// where the samples say nothing.
  double lower = 0, upper = 0;
  Verdict verdict = Verdict::kUndecided;
  /// About so many samples like these would decide; unset: it is decided, or no number is known to.
  std::optional<size_t> samples_to_decide = {};

  bool passed() const { return verdict == Verdict::kPass; }
  bool exact() const { return lower == value && upper == value; }
};

}  // namespace qconvert
