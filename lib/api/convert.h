// The conversion of a model, and what it says of itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/convert_options.h"
#include "lib/api/figures.h"
#include "lib/evaluation/gate_result.h"

#pragma GCC visibility push(default)

namespace qconvert {

struct FloatNodeSummary {
  std::string name, kind, reason;
};

/// A flag that --effort 2 tried.
struct TrialSummary {
  std::string flag;
  NearnessSummary nearness;  ///< with all flags that were kept before
  bool kept = false;
};

/// What --effort 2 tried to bring a file nearer to the float network, in order.
struct TreatmentSummary {
  NearnessSummary untreated;
  std::vector<TrialSummary> trials;
  std::vector<std::string> passed_over;  ///< flags that the budget did not reach
  size_t files = 0;                      ///< that were made and compared
};

/// One of the files that a search measured.
struct SearchPointSummary {
  size_t bytes = 0;
  double microseconds = 0;               ///< of the groups; 0: latency was not measured
  double sqnr_db = 0;                    ///< of the worst output, on the samples that decide
  bool meets = false;                    ///< the targets, on those samples
  std::map<std::string, size_t> layers;  ///< by precision: groups of nodes that have it
};

/// What a search for precisions did.
struct SearchSummary {
  std::string strategy, minimized;                    ///< as the options have them
  size_t groups = 0;                                  ///< a layer each, with what follows it
  size_t files = 0;                                   ///< that were made and measured
  size_t calibrating = 0, deciding = 0, judging = 0;  ///< samples of each part
  std::vector<SearchPointSummary>
      pareto;               ///< files that none beats in cost and SQNR, cheapest first
  SearchPointSummary best;  ///< what is written
  std::string recipe;       ///< the file that it was written to
};

/// What one inference of a file takes of a device, but for time.
struct DemandsSummary {
  /// Peak of the activations, planned by lifetime, each in bytes of its own.
  size_t activation_bytes = 0;
  int64_t multiply_adds = 0, integer_multiply_adds = 0;
  size_t constant_bytes = 0, integer_constant_bytes = 0;
  std::vector<std::string> operators;  ///< TFLite's names, each once
};

/// The bits that the largest sum of a layer takes, with the sign.
struct AccumulatorSummary {
  std::string node, kind;
  int bits = 0;
};

/// Weights that are stored as indices.
struct CodebookSummary {
  size_t layers = 0;
  size_t index_bytes = 0;
  double entropy_bytes = 0;  ///< the least that a code of single indices takes, such as Huffman's
};

/// What --rounding blocks did.
struct ReconstructionSummary {
  size_t samples = 0;                 ///< that blocks were trained and judged on
  size_t iterations = 0;              ///< for each block
  size_t blocks = 0, improved = 0;    ///< improved: nearer to the float network on samples held out
  size_t activation_bytes = 0;        ///< that were held at most between two blocks
  std::vector<std::string> left_out;  ///< layers that no gradient reaches
};

/// Operators of one kind that a target does not take for one reason.
struct UnfitSummary {
  std::string kind;    ///< TFLite's name of the operator
  std::string reason;  ///< "no such operator", "stride_h is not 1 to 3"
  std::string remedy;  ///< what avoids it; empty: nothing is known
  std::vector<std::string> nodes;
  int64_t multiply_adds = 0;
};

/// What a target runs of a file.
struct TargetSummary {
  std::string name, title;  ///< "tflm", "TensorFlow Lite Micro"
  /// What runs the operators that the target does not take. Empty: nothing does, so that it cannot
  /// run the file if there are any.
  std::string otherwise;
  size_t operators = 0, unfit_operators = 0;
  double unfit_percent = 0;              ///< of the multiply-adds
  std::vector<UnfitSummary> unfit = {};  ///< the most multiply-adds first
};

/// What the calibration did to the ranges that samples showed.
struct RangesSummary {
  std::string method;  ///< as --calibration takes it; empty: nothing was calibrated
  size_t count = 0;    ///< of all tensors
  size_t clipped = 0;  ///< at one end or both
  size_t widened = 0;  ///< and not clipped
};

/// What qconvert did.
struct ConvertSummary {
  std::string output;
  size_t model_bytes = 0, output_bytes = 0;
  std::string mode;          ///< "int8 per channel", "weights only", ...
  std::string quantization;  ///< what was kept of a quantized model's own; empty: it is float
  DemandsSummary demands;
  int accumulator_bits = 32;                     ///< that every sum was made to fit
  std::vector<AccumulatorSummary> accumulators;  ///< of nodes that add up products of int8
  std::optional<TargetSummary> target;           ///< unset: none was named
  std::string calibration;                       ///< how the ranges were found
  std::string pictures;  ///< how they become values; empty: no samples are pictures
  RangesSummary ranges;
  std::string calibration_precision;  ///< "float32" or "bf16"; empty: nothing was calibrated
  size_t calibration_samples = 0;
  double input_min = 0, input_max = 0, input_mean = 0;
  std::optional<TreatmentSummary> treatment;  ///< unset: --effort is below 2
  std::optional<SearchSummary> search;        ///< unset: none was asked for
  std::string equalization;  ///< of which chains, and what it gained; empty: not asked for
  std::string rounding;      ///< "gptq, on 64 samples"; empty: to the nearest
  std::optional<ReconstructionSummary> reconstruction;  ///< unset: not asked for, or not kept
  std::optional<CodebookSummary> codebooks;             ///< unset: none were asked for
  std::string bias_correction;  ///< on how many samples, in how many layers; empty: none
  size_t compared_layers = 0, corrected_layers = 0;  ///< of the correction of biases
  int integer_nodes = 0, wide_nodes = 0;  ///< wide: those of them with 16-bit activations
  std::vector<FloatNodeSummary> float_nodes;
  std::vector<std::string> warnings;
  std::map<std::string, std::string> layouts;  ///< by input or output name: "nhwc" or "keep"
  /// Of how many samples at once: "open" where the model leaves it so, or why it is 1 nevertheless;
  /// empty: the model fixes it.
  std::string batch;
  /// The outputs that stand in the place of one that joined them, by its name.
  std::map<std::string, std::vector<std::string>> split_outputs;
  // The conversion's check of its own result, on calibration samples.
  size_t checked_samples = 0;
  std::optional<size_t> agreement;  ///< of top-1; unset: the first output is no vector of scores
  std::optional<AccuracySummary> reference_accuracy, accuracy;  ///< unset: there are no labels
  std::vector<OutputSummary> outputs;
  std::vector<LayerSummary> layers;        ///< in the order of the network's nodes
  std::vector<LayerSummary> worst_layers;  ///< of those
  std::vector<GraphNodeSummary> graph;     ///< of the file, in an order in which it runs
  std::vector<std::string> shortfalls;     ///< figures below their bounds; they are warnings, too
  std::vector<GateResult> gates;
  // The search for a cure, which follows a shortfall.
  size_t trials = 0;                    ///< files that were made and compared; 0: no search
  std::optional<DamageSummary> damage;  ///< unset: no node's restoration alone gains anything
  std::optional<CureSummary> next;      ///< unset: nothing that was tried helps
  double seconds = 0;
};

/// Converts one model; writes the file, or throws Error and writes nothing. A gate that is missed
/// is an Error(kGateFailed) that says what to do next. One that the samples do not decide is an
/// Error(kUndecided) with the number that would, or a warning with allow_undecided. Options that
/// contradict each other, and outputs that would overwrite an input or each other, are an
/// Error(kUsage) before anything is created.
ConvertSummary Convert(const ConvertOptions& options);

}  // namespace qconvert

#pragma GCC visibility pop
