// Gates judge simulated runs of which the truth is known.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/evaluation/gate.h"

namespace qconvert {
namespace {

constexpr size_t kTrials = 1000;

/// Verdicts of simulated runs.
struct Tally {
  size_t pass = 0, fail = 0, undecided = 0;

  void Add(Verdict verdict) {
    pass += verdict == Verdict::kPass;
    fail += verdict == Verdict::kFail;
    undecided += verdict == Verdict::kUndecided;
  }
};

/// Draws answers of two networks on 400 samples: so many lost and gained in truth, and half of the
/// others wrong twice.
Comparison Drawn(double lost, double gained, unsigned seed) {
  std::mt19937 random(seed);
  Comparison comparison;
  comparison.samples = 400;
  comparison.reference = comparison.candidate = Accuracy{};
  ChangedAnswers& changes = comparison.top1_changes;
  for (size_t i = 0; i < comparison.samples; ++i) {
    const double at = random() * 0x1p-32;
    changes.lost += at < lost;
    changes.gained += at >= lost && at < lost + gained;
    comparison.candidate->top1 += at >= lost && at < lost + gained + (1 - lost - gained) / 2;
  }
  comparison.top5_changes = changes;
  comparison.agreement = comparison.samples - changes.lost - changes.gained;
  return comparison;
}

/// Judges simulated runs on answers; runs with the same counts once.
Tally JudgeAnswers(double lost, double gained, const GateLimits& limits) {
  std::map<std::array<size_t, 3>, Verdict> verdicts;
  Tally tally;
  for (unsigned seed = 0; seed < kTrials; ++seed) {
    const Comparison run = Drawn(lost, gained, seed);
    const ChangedAnswers& changes = run.top1_changes;
    const std::array<size_t, 3> counts{changes.lost, changes.gained,
                                       limits.min_top1 ? run.candidate->top1 : 0};
    auto known = verdicts.find(counts);
    if (known == verdicts.end()) {
      known = verdicts.emplace(counts, Judge({run}, limits).front().verdict).first;
    }
    tally.Add(known->second);
  }
  return tally;
}

TEST_CASE("Of 1,000 draws around the limit at most one in twenty is judged wrong", "[evaluation]") {
  constexpr double kLimit = 1;  // point
  for (const double truth : {0.0, 0.8, 1.0, 1.2, 3.0, 6.0}) {
    const double lost = 0.01 + truth / 100;
    for (const GateLimits& limits :
         {GateLimits{.max_drop = kLimit}, GateLimits{.max_top5_drop = kLimit}}) {
      const Tally tally = JudgeAnswers(lost, 0.01, limits);
      INFO("true drop " << truth << ": " << tally.pass << " pass, " << tally.fail << " fail");
      CHECK((truth > kLimit ? tally.pass : tally.fail) <= kTrials / 20);
      if (truth > 0.5 && truth < 1.5) CHECK(tally.undecided > 900);  // they lie too near
      if (truth > 5) CHECK(tally.undecided < 100);
    }
  }
}

TEST_CASE("Of 1,000 draws of shares around the limit at most one in twenty is judged wrong",
          "[evaluation]") {
  constexpr double kLost = 0.02, kGained = 0.01;
  constexpr double kAgreement = 97, kTop1 = 100 * (kGained + (1 - kLost - kGained) / 2);
  for (const double beyond : {-15.0, -0.1, 0.1, 2.9}) {  // points by which the truth is too low
    const Tally agreement = JudgeAnswers(kLost, kGained, {.min_agreement = kAgreement + beyond});
    const Tally top1 = JudgeAnswers(kLost, kGained, {.min_top1 = kTop1 + 4 * beyond});
    INFO(beyond << ": " << agreement.pass << " and " << top1.pass << " pass, " << agreement.fail
                << " and " << top1.fail << " fail");
    CHECK((beyond > 0 ? agreement.pass : agreement.fail) <= kTrials / 20);
    CHECK((beyond > 0 ? top1.pass : top1.fail) <= kTrials / 20);
    if (std::abs(beyond) > 1) CHECK(agreement.undecided + top1.undecided < 500);
  }
}

/// Numbers of a normal distribution, which every library draws alike.
class NormalNumbers {
 public:
  explicit NormalNumbers(unsigned seed) : random_(seed) {}
  double Next() {
    const double radius = std::sqrt(-2 * std::log((random_() + 0.5) * 0x1p-32));
    return radius * std::cos(2 * M_PI * (random_() + 0.5) * 0x1p-32);
  }

 private:
  std::mt19937 random_;
};

/// Runs on 40 samples of which some have much more noise than others, as networks have. In truth
/// the mean squared error is 0.01, the signal 1, and one place of a label map in ten differs.
struct NoisyRuns {
  static constexpr double kSpread = 0.6;  // of the logarithm of the noise; of a MobileNet: 0.7
  static constexpr double kError = 0.01, kSqnrDb = 20, kIou = 100 * 0.9 / 1.1;
  static inline const double kCorrelation = 1 / std::sqrt(1 + kError);

  static Comparison Draw(unsigned seed) {
    NormalNumbers normal(seed);
    Comparison comparison;
    comparison.samples = 40;
    OutputComparison output;
    for (size_t i = 0; i < comparison.samples; ++i) {
      const double noise = std::exp(kSpread * normal.Next() - kSpread * kSpread / 2);
      std::vector<float> reference, candidate;
      for (int k = 0; k < 16; ++k) {
        const double value = normal.Next();
        reference.push_back(static_cast<float>(value));
        candidate.push_back(static_cast<float>(value + std::sqrt(kError * noise) * normal.Next()));
      }
      output.Add(reference, candidate);
      const double apart = std::min(1.0, noise / 10);
      comparison.label_maps.push_back(
          {{0, static_cast<int64_t>(std::llround(3000 * (1 - apart))), 3000, 3000}});
    }
    comparison.outputs.push_back(std::move(output));
    return comparison;
  }
};

TEST_CASE("Of 1,000 draws of noise around the limit at most one in twenty is judged wrong",
          "[evaluation]") {
  using Runs = NoisyRuns;
  const GateLimits truth{.min_sqnr = Runs::kSqnrDb,
                         .min_correlation = Runs::kCorrelation,
                         .max_mse = Runs::kError,
                         .min_iou = Runs::kIou};
  // A gate with a limit just beside the truth is judged wrong when the interval lies on the other
  // side of it.
  std::map<std::string, size_t> too_low, too_high;
  for (unsigned seed = 0; seed < kTrials; ++seed) {
    for (const GateResult& gate : Judge({Runs::Draw(seed)}, truth)) {
      too_low[gate.gate] += gate.upper < gate.limit;
      too_high[gate.gate] += gate.lower > gate.limit;
    }
  }
  for (const char* gate : {"min-sqnr", "min-correlation", "max-mse", "min-iou"}) {
    INFO(gate << ": " << too_low[gate] << " too low, " << too_high[gate] << " too high");
    CHECK(too_low[gate] <= kTrials / 20);
    CHECK(too_high[gate] <= kTrials / 20);
    CHECK(too_low[gate] + too_high[gate] > 0);
  }
}

}  // namespace
}  // namespace qconvert
