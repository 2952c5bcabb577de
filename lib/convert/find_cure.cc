#include "lib/convert/find_cure.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/base/interrupt.h"
#include "lib/convert/make_file.h"
#include "lib/convert/other_options.h"
#include "lib/convert/validate_options.h"
#include "lib/quantization/node_pattern.h"
#include "lib/quantization/rounding.h"
#include "lib/search/local_noise.h"

namespace qconvert {
namespace {

constexpr double kLeastGainDb = 1;  // of a change of the whole file

/// A search, which knows the best flag so far.
class CureSearch {
 public:
  CureSearch(const CheckedConversion& conversion, FloatNetwork& network, ThreadPool& threads)
      : given_(conversion.given),
        options_(conversion.options),
        samples_(conversion.samples),
        observed_(conversion.observed),
        check_(conversion.check),
        network_(network),
        threads_(threads),
        limits_(LimitsOf(options_)),
        other_(MoreAccurateOptions(given_)),
        more_float_(MoreFloatOptions(given_)),
        progress_("looking for a cure", other_.size() + kMostTrials + 2 + more_float_.size(),
                  options_.quiet) {}

  Diagnosis Find() {
    TryEach(other_, kLeastGainDb);
    RestoreToFloat();
    TryEach(more_float_, kLeastGainDb);
    network_.Release();
    return std::move(found_);
  }

 private:
  bool cured() const { return found_.next && found_.next->cures; }

  void TryEach(const std::vector<OtherOptions>& list, double least_gain_db) {
    for (const OtherOptions& other : list) {
      if (cured()) return;
      const auto check = Trial([&] { return CheckOf(other.options); });
      if (check) Take({other.flag, other.instead_of, *check}, least_gain_db);
    }
  }

  /// Returns what a trial finds; nothing when such a file cannot be made.
  template <typename Make>
  std::optional<Comparison> Trial(const Make& make) try {
    ThrowIfInterrupted();
    ++found_.trials;
    progress_.Advance();
    return make();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnsupported && error.kind() != ErrorKind::kUnusable) throw;
    return std::nullopt;
  }

  /// Converts and checks with other options, from the calibration on.
  Comparison CheckOf(const ConvertOptions& other) {
    ConvertOptions options = Validated(other);
    options.quiet = true;
    NetworkObservation observed = ObserveNetwork(network_, samples_, options, threads_);
    return *MakeFile(network_, observed, samples_, options, threads_).comparison;
  }

  /// Trials are quick files, and compared with one of that kind; what is told of the layer is then
  /// of the user's own.
  void RestoreToFloat() {
    const Graph& network = network_.graph();
    const PrecisionPlan precision = PrecisionPlanOf(network, observed_, options_);
    const Scorer scorer = ScorerOf(Quick());
    const PlanScore before = scorer.Score(precision);
    const auto restore = [&](const std::vector<std::string>& nodes) {
      return Trial([&] { return scorer.Score(PrecisionWith(nodes)).comparison; })
          .value_or(before.comparison);
    };
    IsolatedDamage damage = FindIsolatedDamage(
        {network, QuantizedNodes(network, before.plan), AddedNoise(network, before.comparison),
         before.comparison, limits_, cured() ? kTrialsToName : kMostTrials},
        restore);
    if (damage.layer) {
      found_.layer = std::move(damage.layer);
      const Scorer own = ScorerOf(options_);
      const PrecisionPlan restored = PrecisionWith(found_.layer->nodes);
      const auto check = Trial([&] { return own.Score(restored).comparison; });
      if (check) found_.layer->comparison = *check;
    }
    if (cured() || !damage.few) return;
    TryEach(NodeOptions(given_, PatternOf(damage.few->nodes)), 0);
  }

  /// Returns the options without what takes most of a conversion's time.
  ConvertOptions Quick() const {
    ConvertOptions options = options_;
    options.bias_correction = ConvertOptions::BiasCorrection::kNone;
    options.rounding = RoundingMethods().front()->name;
    return options;
  }

  Scorer ScorerOf(ConvertOptions options) const {
    options.quiet = true;  // one bar shows the whole search
    return {network_.graph(),
            observed_.calibration.ranges,
            RecipeOf(network_.graph(), observed_, samples_, options, threads_),
            *observed_.trace,
            samples_.reader(),
            threads_};
  }

  /// Returns the precision plan that keeps these nodes in float, too.
  PrecisionPlan PrecisionWith(const std::vector<std::string>& nodes) const {
    ConvertOptions options = options_;
    options.exclude = PatternWith(nodes);
    return PrecisionPlanOf(network_.graph(), observed_, options);
  }

  /// Returns the pattern of --exclude that keeps these nodes in float, and what the user names.
  std::string PatternWith(const std::vector<std::string>& nodes) const {
    const std::string pattern = PatternOf(nodes);
    return options_.exclude.empty() ? pattern : pattern + "|" + options_.exclude;
  }

  /// Keeps a flag that cures, or gains the most.
  void Take(Cure cure, double least_gain_db) {
    cure.cures = FindShortfalls(cure.comparison, limits_).empty();
    const double before = (found_.next ? found_.next->comparison : check_).worst_nearness_db();
    if (!cure.cures && cure.comparison.worst_nearness_db() < before + least_gain_db) return;
    found_.next = std::move(cure);
  }

  const ConvertOptions& given_;
  const ConvertOptions& options_;
  const CalibrationSamples& samples_;
  const NetworkObservation& observed_;
  const Comparison& check_;
  FloatNetwork& network_;
  ThreadPool& threads_;
  const GateLimits limits_;
  const std::vector<OtherOptions> other_, more_float_;
  Progress progress_;
  Diagnosis found_;
};

}  // namespace

Diagnosis FindCure(const CheckedConversion& conversion, FloatNetwork& network,
                   ThreadPool& threads) {
  return CureSearch(conversion, network, threads).Find();
}

}  // namespace qconvert
