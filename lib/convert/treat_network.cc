#include "lib/convert/treat_network.h"

#include <utility>

#include "lib/base/interrupt.h"
#include "lib/convert/make_file.h"
#include "lib/convert/treatments.h"
#include "lib/convert/validate_options.h"
#include "lib/evaluation/nearer.h"

namespace qconvert {
namespace {

constexpr double kLeastGainDb = 0.1;

NearnessSummary NearnessOf(const Comparison& comparison) {
  return {comparison.samples, comparison.worst_sqnr_db(), comparison.agreement};
}

/// What one way to make the file gives.
struct Candidate {
  ConvertOptions given;
  std::optional<NetworkEqualization> equalization;
  Comparison comparison;
};

/// A search, which knows the best candidate so far.
class TreatmentSearch {
 public:
  TreatmentSearch(const std::function<FloatNetwork()>& load, const CalibrationSamples& samples,
                  const ConvertOptions& given, ThreadPool& threads)
      : load_(load),
        samples_(HoldOut(samples)),
        budget_(static_cast<size_t>(*Validated(given).budget)),
        threads_(threads),
        progress_("trying treatments", budget_, given.quiet) {
    best_.given = given;
  }

  NetworkTreatment Find() && {
    best_.comparison = *CompareAs(best_.given, best_.equalization);
    summary_.untreated = NearnessOf(best_.comparison);
    for (const TreatmentGroup& group : TreatmentsFor(best_.given)) {
      if (best_.comparison.worst_sqnr_db() < group.below_db) TryEach(group.treatments);
    }
    summary_.files = files_;
    return {std::move(best_.given), std::move(best_.equalization), std::move(summary_)};
  }

 private:
  /// Tries the treatments of a group, each on top of what earlier groups left.
  void TryEach(const std::vector<Treatment>& group) {
    const ConvertOptions base = best_.given;
    std::optional<size_t> kept;
    for (const Treatment& treatment : group) {
      if (files_ >= budget_) {
        summary_.passed_over.push_back(treatment.flag);
        continue;
      }
      Candidate candidate{base, best_.equalization, {}};
      treatment.apply(candidate.given);
      if (!Compare(candidate)) continue;
      summary_.trials.push_back({treatment.flag, NearnessOf(candidate.comparison), false});
      if (!IsNearer(candidate.comparison, best_.comparison, kLeastGainDb)) continue;
      if (kept) summary_.trials[*kept].kept = false;
      kept = summary_.trials.size() - 1;
      summary_.trials[*kept].kept = true;
      best_ = std::move(candidate);
    }
  }

  /// Makes and compares a candidate's file. Returns whether there is one.
  bool Compare(Candidate& candidate) try {
    ThrowIfInterrupted();
    if (candidate.given.equalize && !candidate.equalization) {
      candidate.equalization = Equalization(candidate.given);
      if (candidate.equalization->firsts.empty()) return false;
    }
    const auto comparison = CompareAs(candidate.given, candidate.equalization);
    if (comparison) candidate.comparison = *comparison;
    return comparison.has_value();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted || error.kind() == ErrorKind::kIo) throw;
    return false;
  }

  NetworkEqualization Equalization(const ConvertOptions& given) {
    NetworkEqualization found = FindEqualization(load_, samples_, Settled(given), threads_);
    Count(found.trials);
    return found;
  }

  std::optional<Comparison> CompareAs(const ConvertOptions& given,
                                      const std::optional<NetworkEqualization>& equalization) {
    const ConvertOptions options = Settled(given);
    FloatNetwork network = load_();
    if (equalization) ApplyEqualization(*equalization, network);
    NetworkObservation observed = ObserveNetwork(network, samples_, options, threads_);
    MadeFile made = MakeFile(network, observed, samples_, options, threads_);
    Count(1);
    return std::move(made.comparison);
  }

  static ConvertOptions Settled(const ConvertOptions& given) {
    ConvertOptions options = Validated(given);
    options.quiet = true;  // one bar shows the whole search
    return options;
  }

  void Count(size_t files) {
    files_ += files;
    for (size_t i = 0; i < files; ++i) progress_.Advance();
  }

  const std::function<FloatNetwork()>& load_;
  const CalibrationSamples samples_;
  const size_t budget_;
  ThreadPool& threads_;
  Progress progress_;
  Candidate best_;
  TreatmentSummary summary_;
  size_t files_ = 0;
};

}  // namespace

NetworkTreatment TreatNetwork(const std::function<FloatNetwork()>& load,
                              const CalibrationSamples& samples, const ConvertOptions& given,
                              ThreadPool& threads) {
  return TreatmentSearch(load, samples, given, threads).Find();
}

}  // namespace qconvert
