#include "lib/convert/make_file.h"

#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/free_memory.h"
#include "lib/convert/accumulator_summary.h"
#include "lib/convert/graph_summary.h"
#include "lib/convert/target_summary.h"
#include "lib/convert/validate_options.h"
#include "lib/evaluation/file_check.h"
#include "lib/evaluation/nearer.h"
#include "lib/graph/open_batch.h"
#include "lib/tflite/encode_file.h"

namespace qconvert {
namespace {

/// The noise is then 1/18 of the signal (rms). Nearer files differ too little to try twice.
constexpr double kNearDb = 25;

/// Returns what became of a batch that the model leaves open; nothing where it does not.
std::string BatchText(const Graph& file) {
  if (HasOpenBatch(file)) return "open";
  const auto why_not = file.metadata.find("batch");
  return why_not == file.metadata.end() ? "" : why_not->second;
}

/// Makes files of one network that differ in their ranges.
class Maker {
 public:
  Maker(FloatNetwork& network, const NetworkObservation& observed,
        const CalibrationSamples& samples, const ConvertOptions& options, ThreadPool& threads)
      : network_(network),
        observed_(observed),
        samples_(samples),
        options_(options),
        threads_(threads) {}

  /// Makes the file that the observed ranges give.
  MadeFile Make(const DumpOptions& dump) const {
    QuantizedNetwork quantized =
        QuantizeNetwork(network_.graph(), observed_, samples_, options_, threads_);
    network_.Release();
    TrimMemory();
    const NodeNames names = NodeNamesOf(quantized.graph);
    EncodedFile file = EncodeFile(std::move(quantized.graph), options_.allow_extensions, dump);
    MadeFile made{file.bytes,
                  DemandsOf(file.graph),
                  *options_.accumulator_bits,
                  SummarizeAccumulators(names, file.graph),
                  SummarizeGraph(names, file.graph),
                  SummarizeTarget(options_.target, file),
                  BatchText(file.graph),
                  std::move(quantized.report),
                  quantized.rounding,
                  std::move(quantized.reconstruction),
                  quantized.codebooks,
                  quantized.biases,
                  quantized.why_not_corrected,
                  std::nullopt};
    RequireAccumulators(made.accumulators, *options_.accumulator_bits);
    if (observed_.trace) {
      const std::vector<int> labels = LabelsOf(*observed_.trace);
      made.comparison = CheckFile(*observed_.trace, std::move(file.graph), samples_.reader(),
                                  threads_, options_.quiet, labels.empty() ? nullptr : &labels);
    }
    return made;
  }

 private:
  /// Returns the true classes of the traced samples; none where they are not known.
  std::vector<int> LabelsOf(const Trace& trace) const {
    std::vector<int> labels;
    if (samples_.labels.empty()) return labels;
    for (const size_t i : trace.samples()) labels.push_back(samples_.labels.at(i));
    return labels;
  }

  FloatNetwork& network_;
  const NetworkObservation& observed_;
  const CalibrationSamples& samples_;
  const ConvertOptions& options_;
  ThreadPool& threads_;
};

/// Returns the method to try beside the one that made a file; null where that is not worth it. A
/// broken sample must not decide, and it would: its error outweighs all others'.
const RangeMethod* Alternative(const MadeFile& made, const Calibration& calibration,
                               const ConvertOptions& options) {
  const bool far = made.comparison && made.comparison->worst_sqnr_db() < kNearDb;
  if (options.mode != ConvertOptions::Mode::kInteger || !far) return nullptr;
  if (calibration.left_out > 0 || !options.rows.empty()) return nullptr;
  return RangeMethodNamed(*options.calibration).alternative;
}

}  // namespace

MadeFile MakeFile(FloatNetwork& network, NetworkObservation& observed,
                  const CalibrationSamples& samples, const ConvertOptions& options,
                  ThreadPool& threads, const DumpOptions& dump) {
  if (RoundsInBlocks(options)) {
    ConvertOptions choosing = options;
    choosing.rounding = RoundingMethods().front()->name;
    MakeFile(network, observed, samples, choosing, threads);
    return Maker(network, observed, samples, options, threads).Make(dump);
  }
  const Maker maker(network, observed, samples, options, threads);
  MadeFile first = maker.Make(dump);
  const RangeMethod* alternative = Alternative(first, observed.calibration, options);
  if (alternative == nullptr) return first;
  Calibration before = std::move(observed.calibration);
  observed.calibration =
      CalibrateBy(*alternative, NetworkForRanges(options, network), observed, samples, options);
  MadeFile second = maker.Make(dump);
  const double first_db = first.comparison->worst_sqnr_db(),
               second_db = second.comparison->worst_sqnr_db();
  if (IsNearer(*second.comparison, *first.comparison)) {
    observed.calibration.text += fmt::format(" ({:.1f} dB, where {} gives {:.1f} dB)", second_db,
                                             *options.calibration, first_db);
    return second;
  }
  observed.calibration = std::move(before);
  return dump.directory.empty() ? std::move(first) : maker.Make(dump);
}

}  // namespace qconvert
