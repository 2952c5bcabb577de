#include "lib/convert/find_cure.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/base/interrupt.h"
#include "lib/convert/other_options.h"
#include "lib/convert/quantize_network.h"
#include "lib/convert/validate_options.h"
#include "lib/evaluation/file_check.h"
#include "lib/quantization/exclusion.h"
#include "lib/tflite/encode_file.h"

namespace qconvert {
namespace {

/// Returns text as one word of a shell.
std::string Quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

double WorstSqnr(const Comparison& comparison) {
  const auto worst = std::min_element(
      comparison.outputs.begin(), comparison.outputs.end(),
      [](const auto& a, const auto& b) { return a.errors.sqnr_db() < b.errors.sqnr_db(); });
  return worst->errors.sqnr_db();
}

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
        progress_("looking for a cure", other_.size() + kMostTrials + more_float_.size(),
                  options_.quiet) {}

  Diagnosis Find() {
    TryEach(other_);
    RestoreToFloat();
    TryEach(more_float_);
    network_.Release();
    return std::move(found_);
  }

 private:
  bool cured() const { return found_.next && found_.next->cures; }

  void TryEach(const std::vector<OtherOptions>& list) {
    for (const OtherOptions& other : list) {
      if (cured()) return;
      const auto check = Trial([&] { return CheckOf(other.options); });
      if (check) Take({other.flag, other.instead_of, *check}, /*least_gain_db=*/1);
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
    const NetworkObservation observed = ObserveNetwork(network_, samples_, options, threads_);
    Graph quantized =
        QuantizeNetwork(network_.graph(), observed, samples_, options, threads_).graph;
    network_.Release();
    EncodedFile file = EncodeFile(std::move(quantized), options.allow_extensions);
    return CheckFile(*observed.trace, std::move(file.graph), samples_.reader(), threads_,
                     /*quiet=*/true);
  }

  void RestoreToFloat() {
    const Graph& network = network_.graph();
    const Recipe recipe = RecipeOf(network, observed_, samples_, options_, threads_);
    const Scorer scorer(network, observed_.ranges, recipe, *observed_.trace, samples_.reader(),
                        threads_);
    const QuantizationPlan plan =
        Plan(network, observed_.ranges, PrecisionPlanOf(network, observed_.ranges, options_),
             recipe.options);
    const auto restore = [&](const std::vector<std::string>& nodes) {
      ConvertOptions options = options_;
      options.exclude = PatternWith(nodes);
      const PrecisionPlan precision = PrecisionPlanOf(network, observed_.ranges, options);
      return Trial([&] { return scorer.Score(precision).comparison; }).value_or(check_);
    };
    IsolatedDamage damage = FindIsolatedDamage(
        {network, plan, check_, limits_, cured() ? kTrialsToName : kMostTrials}, restore);
    found_.layer = std::move(damage.layer);
    if (cured() || !damage.few) return;
    const std::string instead_of =
        options_.exclude.empty() ? "" : "--exclude " + Quoted(options_.exclude);
    Take({"--exclude " + Quoted(PatternWith(damage.few->nodes)), instead_of,
          std::move(damage.few->comparison)},
         /*least_gain_db=*/0);
  }

  /// Returns the pattern of --exclude that keeps these nodes in float, and what the user names.
  std::string PatternWith(const std::vector<std::string>& nodes) const {
    const std::string pattern = PatternOf(nodes);
    return options_.exclude.empty() ? pattern : pattern + "|" + options_.exclude;
  }

  /// Keeps a flag that cures, or gains the most.
  void Take(Cure cure, double least_gain_db) {
    cure.cures = FindShortfalls(cure.comparison, limits_).empty();
    const double before = WorstSqnr(found_.next ? found_.next->comparison : check_);
    if (!cure.cures && WorstSqnr(cure.comparison) < before + least_gain_db) return;
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
