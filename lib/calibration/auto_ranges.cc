// The default: the range with the least expected error, also on samples that were not seen, by what
// an error does downstream. docs/design.md says how and why.
#include <algorithm>

#include "lib/calibration/cheapest_range.h"
#include "lib/calibration/outliers.h"
#include "lib/calibration/range_method.h"
#include "lib/calibration/tail.h"
#include "lib/calibration/value_sums.h"

namespace qconvert {
namespace {

constexpr const StatisticKind* kReads[] = {&Histogram::kKind, &OutermostSamples::kKind};

/// How much more a squared error of clipping harms than one of rounding. Rounding errors have both
/// signs and average out in the sums behind them; clipping errors have one sign and lie together.
constexpr double kClippingWeight = 4;

/// Values that a tail is fitted to: one in 8, at least 2, at most 32.
constexpr size_t kValuesPerTail = 8, kLeastTail = 2, kMostTail = 32;
/// A range is never widened by more than its own width, on each side.
constexpr float kMostWidening = 1;

/// What a tensor may hold beyond its extremes.
struct Tails {
  Tail low, high;  ///< both growing outwards
};

Tails TailsOf(const Histogram& histogram, Range kept) {
  const std::span<const float> ends = histogram.ends();
  const auto below =
      static_cast<size_t>(std::lower_bound(ends.begin(), ends.end(), kept.min) - ends.begin());
  const auto above =
      static_cast<size_t>(ends.end() - std::upper_bound(ends.begin(), ends.end(), kept.max));
  const size_t fitted = 1 + std::clamp(histogram.count() / kValuesPerTail, kLeastTail, kMostTail);
  const size_t left = ends.size() - below - above;
  if (left < fitted) return {};
  return {FitTail(fitted, [&](size_t i) { return -double{ends[below + i]}; }),
          FitTail(fitted, [&](size_t i) { return double{ends[ends.size() - 1 - above - i]}; })};
}

/// The squared error of the values that were seen, a clipped one weighing more.
class SeenError {
 public:
  SeenError(const TensorEvidence& tensor, Range kept)
      : sums_(tensor.Get<Histogram>(), kept, kInt8Steps),
        ends_(tensor.Get<OutermostSamples>()),
        kept_(kept),
        counted_(static_cast<double>(tensor.Get<Histogram>().count()) / tensor.values()) {}

  double operator()(double low, double high) const {
    const double below =
        std::max(sums_.SquaresBelow(low), counted_ * SquaresBeyond(ends_.minima(), low, -1));
    const double above =
        std::max(sums_.SquaresAbove(high), counted_ * SquaresBeyond(ends_.maxima(), high, 1));
    return sums_.SquaresOfRounding(low, high) + kClippingWeight * (below + above);
  }

 private:
  /// Returns what samples' ends say of clipping: the histogram may have missed them.
  double SquaresBeyond(std::span<const SampleEnd> samples, double end, double sign) const {
    double squares = 0;
    for (const SampleEnd& sample : samples) {
      if (sample.value < kept_.min || sample.value > kept_.max) continue;
      const double beyond = std::max(0.0, sign * (double{sample.value} - end));
      squares += beyond * beyond;
    }
    return squares;
  }

  ValueSums sums_;
  const OutermostSamples& ends_;
  Range kept_;
  double counted_;  // share of the values that the histogram counts
};

/// Clips where that harms less than rounding does.
RangeChoice Clip(const TensorEvidence& tensor) {
  KeptExtremes kept = RejectOutliers(tensor.Get<OutermostSamples>(), tensor.samples());
  const Range seen = RelaxToZero(kept.range);
  return {CheapestRange(seen, {}, seen, SeenError(tensor, kept.range)), std::move(kept.left_out)};
}

/// Returns a range that reaches farther, within what is possible.
Range Widened(Range range, Range possible) {
  const float more = kMostWidening * (range.max - range.min);
  return {std::min(range.min, std::max(range.min - more, possible.min)),
          std::max(range.max, std::min(range.max + more, possible.max))};
}

/// Widens the extremes for the samples that were not seen, as far as that harms less than clipping
/// them would.
RangeChoice Keep(const TensorEvidence& tensor, const RangeOptions& options) {
  KeptExtremes kept = RejectOutliers(tensor.Get<OutermostSamples>(), tensor.samples());
  const Range seen = RelaxToZero(kept.range);
  const auto& histogram = tensor.Get<Histogram>();
  const ValueSums sums(histogram, kept.range, options.steps);
  const Tails tails = TailsOf(histogram, kept.range);
  const auto cost = [&](double low, double high) {
    return sums.SquaresOfRounding(low, high) +
           kClippingWeight * (tails.low.SquaresBeyond(-low) + tails.high.SquaresBeyond(high));
  };
  return {CheapestRange(seen, seen, Widened(seen, tensor.possible()), cost),
          std::move(kept.left_out)};
}

/// Rounding to 16 bits harms less than any clipping.
RangeChoice Choose(const TensorEvidence& tensor, const RangeOptions& options) {
  return options.steps > kInt8Steps ? Keep(tensor, options) : Clip(tensor);
}

std::string Describe(const RangeOptions&) { return "auto"; }

}  // namespace

extern const RangeMethod kAutoRanges, kMinMax;
constinit const RangeMethod kAutoRanges{.name = "auto",
                                        .help = "of each tensor the least expected error",
                                        .reads = kReads,
                                        .choose = Choose,
                                        .keep = Keep,
                                        .describe = Describe,
                                        .alternative = &kMinMax};

}  // namespace qconvert
