#include "lib/evaluation/shortfalls.h"

#include <cstdint>

#include <spdlog/fmt/fmt.h>

#include "lib/math/binomial.h"

namespace qconvert {
namespace {

constexpr double kSignificance = 0.05;

/// Collects what one output lacks.
class Finder {
 public:
  Finder(const Comparison& comparison, const GateLimits& limits)
      : comparison_(comparison), limits_(limits) {}

  std::vector<Shortfall> Find() {
    for (output_ = 0; output_ < comparison_.outputs.size(); ++output_) {
      Degenerate();
      if (output().same_values) {
        Same();
      } else {
        Sqnr();
        Correlation();
        AtEnds();
        if (output_ == 0) Agreement();
      }
    }
    return std::move(found_);
  }

 private:
  const OutputComparison& output() const { return comparison_.outputs[output_]; }

  void Note(const std::string& what) {
    found_.push_back({output_, fmt::format("output '{}': {}", output().name, what)});
  }

  void Degenerate() {
    if (output().constant) Note("it is the same for every sample");
    if (output().saturated) Note("nearly all of its values are one");
  }

  void Sqnr() {
    const double limit = limits_.min_sqnr.value_or(kGoodSqnrDb),
                 sqnr_db = output().errors.sqnr_db();
    if (sqnr_db < limit) Note(fmt::format("SQNR {:.1f} dB is below {:g} dB", sqnr_db, limit));
  }

  void Correlation() {
    const double limit = limits_.min_correlation.value_or(kGoodCorrelation);
    const auto value = output().correlation.value();
    if (value && *value < limit)
      Note(fmt::format("correlation {:.4f} is below {:g}", *value, limit));
  }

  void AtEnds() {
    const double share = output().share_at_ends().value_or(0);
    if (share <= kMostAtEnds) return;
    Note(fmt::format("{:.1f} % of its values stand at an end of its range and do not belong there",
                     100 * share));
  }

  void Same() {
    const size_t values = output().errors.count(), same = *output().same_values;
    if (!AreFew(same, values)) return;
    Note(fmt::format("{} of {} whole numbers are the same, below {:g} %", same, values, Limit()));
  }

  void Agreement() {
    if (!comparison_.agreement) return;
    const size_t samples = comparison_.samples, same = *comparison_.agreement;
    if (!AreFew(same, samples)) return;
    Note(fmt::format("same top-1 on {} of {} samples, below {:g} %", same, samples, Limit()));
  }

  double Limit() const { return limits_.min_agreement.value_or(kGoodAgreementPercent); }

  /// Returns whether so few agree that they miss the gate; without one, that it would happen rarely
  /// if kGoodAgreementPercent of all agreed.
  bool AreFew(size_t same, size_t all) const {
    if (limits_.min_agreement) return Percent(same, all) < Limit();
    const auto count = static_cast<int64_t>(all), others = count - static_cast<int64_t>(same);
    return BinomialUpperTail(count, others, 1 - kGoodAgreementPercent / 100) < kSignificance;
  }

  const Comparison& comparison_;
  const GateLimits& limits_;
  size_t output_ = 0;
  std::vector<Shortfall> found_;
};

}  // namespace

std::vector<Shortfall> FindShortfalls(const Comparison& comparison, const GateLimits& limits) {
  return Finder(comparison, limits).Find();
}

}  // namespace qconvert
