// The public API: convert a model, compare two models. cmd/ is one user of it. Standard headers
// only, here and in what it includes. The shared library exports what is declared here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/evaluation/gate_result.h"
#include "lib/quantization/recipe_row.h"

#pragma GCC visibility push(default)

namespace qconvert {

/// How pictures become input values. Sides are in pixels, 16384 at most.
struct PictureOptions {
  int resize = 0;                          ///< of the shorter side; 0: just enough for the crop
  int crop_height = 0, crop_width = 0;     ///< 0: the model's input
  float pixel_range = 1;                   ///< 1: pixels / 255; 255: as they are
  std::vector<float> mean = {}, std = {};  ///< one value or one per channel; empty: 0 and 1
  enum class Channels { kRgb, kBgr };
  Channels channels = Channels::kRgb;
};

/// Where samples come from.
struct DataOptions {
  std::vector<std::string> paths = {};  ///< "PATH", or "NAME=PATH" for models with several inputs
  size_t samples = 0;                   ///< at most so many; 0: all
  /// Unset: Convert takes the defaults above, Evaluate what the file remembers.
  std::optional<PictureOptions> preprocessing = {};
};

/// What qconvert does. Field = flag. What is set and cannot take effect is an Error(kUsage).
struct ConvertOptions {
  std::string model;
  std::string output;  ///< "-": stdout; empty: the model's stem with .tflite, in the current folder
  std::string c_array;               ///< a C header with the file's bytes, written too; empty: none
  std::string target;                ///< what is to run the file, "xnnpack", ...; empty: unsaid
  std::vector<std::string> reports;  ///< what the caller will write: no input may be overwritten
  std::map<std::string, std::vector<int64_t>> shapes;
  /// Tensors of an ONNX model at which the network begins and ends; empty: its own.
  std::vector<std::string> inputs = {}, outputs = {};
  DataOptions data;
  std::string labels;  ///< true classes of the samples, as qeval takes them; empty: unknown

  /// kDynamic: 8-bit weights, float activations in the file, which LiteRT rounds while it runs.
  enum class Mode { kInteger, kDynamic, kWeightsOnly, kFloat };
  Mode mode = Mode::kInteger;
  /// Of the weights: 8, 4, or 16 (float16, which implies kWeightsOnly); unset: 8.
  std::optional<int> bits;
  /// Values of a codebook for each layer, 2 to 256, whose indices are stored; implies kWeightsOnly.
  std::optional<int> codebook;
  std::optional<int> activation_bits;  ///< of kInteger: 8, or 16 beside 8-bit weights; unset: 8
  /// Of the sums that nodes with int8 activations add up: 20 to 32, with 4 bits from 16; unset: 32.
  std::optional<int> accumulator_bits;
  enum class Granularity { kPerChannel, kPerLayer };
  std::optional<Granularity> granularity;  ///< of weight scales; unset: kPerChannel
  enum class Scheme { kSymmetric, kAsymmetric };
  std::optional<Scheme> scheme;  ///< of the weights; unset: kSymmetric
  /// The method that chooses weight scales, "least-error" or "max"; unset: "least-error".
  std::optional<std::string> weight_scale;
  /// The method that rounds weights, "nearest", "gptq", ...; unset: "nearest".
  std::optional<std::string> rounding;
  std::optional<uint64_t> seed;    ///< of "stochastic" and "spfq"; unset: 0
  std::optional<double> sparsity;  ///< of "gpfq" and "spfq", in [0, 1); unset: 0
  bool equalize = false;    ///< moves scales between operators where that lowers the measured error
  bool all_layers = false;  ///< with 4 bits: the first and the last layer, too
  std::optional<int> memory_mib;  ///< most that matrices of one layer may take; unset: 1024
  bool allow_extensions = false;  ///< for asymmetric weights in integer arithmetic
  enum class Io { kFloat32, kInt8, kUInt8, kInt16 };  ///< kInt16: with 16-bit activations
  Io io = Io::kFloat32;
  enum class Layout { kNhwc, kKeep };
  Layout layout = Layout::kNhwc;
  bool split_outputs = false;  ///< the operands of a Concat that the model ends with become outputs
  bool strict = false;
  /// 0: min/max ranges and no search for a cure when the check falls short; 1: better ranges,
  /// biases corrected, a cure looked for; 2: 1, and treatments are tried and kept where they help;
  /// unset: 1. What is set explicitly below and above beats it.
  std::optional<int> effort;
  /// Of effort 2 and of a search, in files that are made and compared; unset: 24, and 100.
  std::optional<int> budget;
  std::string recipe;                ///< a JSON file with rows; empty: none
  std::vector<RecipeRow> rows = {};  ///< those of the recipe follow them
  /// A third of the samples calibrates, and a third judges, as in the search that found the rows.
  bool split_samples = false;

  // A search for the cheapest file that meets the limits below.
  bool search = false;
  std::optional<std::string> minimize;       ///< "size" or "latency"; unset: "size"
  std::optional<std::string> strategy;       ///< "greedy", ...; unset: "evolution"
  std::vector<std::string> precisions = {};  ///< to choose among; empty: those of the mode
  std::string state;                         ///< what the search knows, to go on later; empty: none
  bool resume = false;                       ///< begin with what `state` holds
  std::string save_recipe;  ///< the recipe that is found; empty: the output with .recipe.json
  std::string exclude;      ///< regex; kUsage when it matches no node
  std::string wide;         ///< regex of nodes that get 16-bit activations; the same
  std::optional<std::string> calibration;  ///< the range method; unset: "auto"
  std::optional<float> decay;              ///< of the moving average, in [0, 1); unset: 0.95
  std::optional<double> percentile;        ///< of the percentile, in (50, 100]; unset: 99.99
  enum class CalibrationPrecision { kFloat32, kBFloat16 };
  enum class BiasCorrection { kSequential, kNone };
  /// Unset: kSequential where integers are made on at least 4 samples.
  std::optional<BiasCorrection> bias_correction;
  /// kBFloat16: where the processor multiplies it, else float32; unset: kFloat32.
  std::optional<CalibrationPrecision> calibration_precision;
  // Gates on the check of the file, which needs samples; unset: a bound that only warns. They are
  // the targets of a search.
  std::optional<double> max_drop;         ///< percentage points of top-1, by labels
  std::optional<double> min_sqnr;         ///< dB, of the worst output
  std::optional<double> min_agreement;    ///< percent
  std::optional<double> min_correlation;  ///< of the worst output
  bool allow_undecided = false;           ///< write a file that too few samples judge, and warn
  int threads = 0;                        ///< 0: as many as the machine has
  std::string dump_passes;                ///< folder for the text form after each pass; empty: none
  bool quiet = false;
};

struct FloatNodeSummary {
  std::string name, kind, reason;
};

/// How often both networks have which values, in the same bins of equal width. Some bins lie on
/// each side of the range, and the outermost hold everything beyond.
struct HistogramSummary {
  double min = 0, max = 0;      ///< of the range, real units
  double first = 0, width = 0;  ///< where the first bin begins, and of each
  std::vector<uint64_t> reference, candidate;
};

/// How far the result of a node is from the float network's, with all that comes before it.
struct LayerSummary {
  std::string node, kind;
  double sqnr_db = 0;
  // Of its integers; unset: it is float.
  std::optional<double> scale = {};
  std::optional<int> zero_point = {};
  /// Part of the values that stand at an end of the range, although the float network's are more
  /// than a step away from it.
  std::optional<double> share_at_ends = {};
  std::optional<double> share_used = {};  ///< of the range, from the lowest to the highest value
  /// Noise that it adds to what it reads, as a part of its signal; below 0: it has less than what
  /// it reads. Unset: in qconvert's check, which restores layers instead.
  std::optional<double> added_noise = {};
  std::string tensor = {};  ///< the node's result, as TFLite and a profile name it
  // Of qeval's doctor; unset: it was not asked, or did not try the layer.
  std::optional<double> alone_db = {};  ///< of the worst output, with this layer alone quantized
  std::optional<double> gain_db = {};   ///< of the worst output, with this layer alone in float
  std::optional<HistogramSummary> activations = {};  ///< of its result; unset: it is float
  /// Range: that of the reference's. Unset: there are none, or only the file was at hand.
  std::optional<HistogramSummary> weights = {};
};

/// In what a node of a file computes.
enum class Arithmetic { kFloat, kDynamic, kInt8, kInt16 };

/// Returns "float", "dynamic", "int8" or "int16".
std::string ToText(Arithmetic arithmetic);

/// A node of a file.
struct GraphNodeSummary {
  std::string node, kind, shape;  ///< shape of the first result
  Arithmetic arithmetic = Arithmetic::kFloat;
  std::vector<size_t> reads;  ///< nodes before it, by their places in the list
};

struct OutputSummary {
  std::string name;
  double sqnr_db = 0;
  double largest_error = 0;
  bool constant = false, saturated = false;
  std::optional<double> correlation = {};  ///< unset: the float network's output does not vary
  /// Part of the values that stand at an end of the output's quantized range, although the float
  /// network's are more than a step away from it; unset: the output is not quantized.
  std::optional<double> share_at_ends = {};
  /// Of whole numbers, such as classes: the part of the values that is the same. SQNR and
  /// correlation say nothing of them. Unset: the output is of reals.
  std::optional<double> same_percent = {};
};

struct AccuracySummary {
  double top1_percent = 0, top5_percent = 0;
};

/// How near a file is to the float network.
struct NearnessSummary {
  size_t samples = 0;
  double sqnr_db = 0;               ///< of the worst output of reals
  std::optional<size_t> agreement;  ///< samples with the same top-1, where there is one
};

/// The node whose quantization does the most damage, and what it gains to keep it alone in float.
struct DamageSummary {
  std::string node, kind;
  double gain_db = 0;  ///< of the outputs that fall short, on average
  NearnessSummary restored;
};

/// A flag that was tried on the samples of the check because the file fell short.
struct CureSummary {
  std::string flag;        ///< as it is pasted into a shell
  std::string instead_of;  ///< the flag of the user's that it replaces; empty: none
  NearnessSummary nearness;
  bool cures = false;  ///< nothing falls short with it
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
  std::optional<CodebookSummary> codebooks;  ///< unset: none were asked for
  std::string bias_correction;  ///< on how many samples, in how many layers; empty: none
  size_t compared_layers = 0, corrected_layers = 0;  ///< of the correction of biases
  int integer_nodes = 0, wide_nodes = 0;  ///< wide: those of them with 16-bit activations
  std::vector<FloatNodeSummary> float_nodes;
  std::vector<std::string> warnings;
  std::map<std::string, std::string> layouts;  ///< by input or output name: "nhwc" or "keep"
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

/// What qeval does.
struct EvaluateOptions {
  std::string reference, candidate;
  std::map<std::string, std::vector<int64_t>> shapes;
  /// Tensors of an ONNX model at which the network begins and ends; empty: its own.
  std::vector<std::string> inputs = {}, outputs = {};
  DataOptions data;
  std::string labels;
  std::vector<std::string> reports;  ///< what the caller will write: no input may be overwritten
  enum class Layout { kUnsaid, kNchw, kNhwc };
  Layout candidate_layout = Layout::kUnsaid;
  bool reference_kernels = false;
  bool layers = false;      ///< compare the tensors inside, too
  bool diagnose = false;    ///< with layers: look for those that do the damage, and for a cure
  bool thumbnails = false;  ///< of the samples that changed their answer, where they were pictures
  int threads = 0;
  bool quiet = false;
  GateLimits gates;              ///< beat those of the file
  std::string gates_file;        ///< JSON: {"max-drop": 1, ...}; empty: none
  bool allow_undecided = false;  ///< of the exit code: it is 0 and not 6
  std::string dump_outputs;      ///< folder for the outputs on every sample; empty: none
  std::string metric_command;    ///< measures the dumped outputs; empty: none
};

/// A figure of both networks that a command measured.
struct MetricSummary {
  double reference = 0, candidate = 0;
};

/// The median times of an inference on one thread.
struct LatencySummary {
  double reference_ms = 0, candidate_ms = 0;
};

/// A sample whose top-1 differs.
struct ChangedSample {
  std::string sample;
  size_t reference = 0, candidate = 0;  ///< classes
  std::optional<int> label = {};        ///< the true class, where that is known
  std::string thumbnail = {};           ///< a PNG file; empty: none was asked for, or it has none
};

/// Why a comparison ended without a verdict.
struct RunError {
  int exit_code = 0;
  std::string message;
};

/// What a search for the layers that do the damage found.
struct DoctorSummary {
  std::string why_not;                         ///< why no layer could be tried; empty: some were
  size_t samples = 0, layers = 0, trials = 0;  ///< on which, that, and networks that were tried
  std::optional<DamageSummary> damage;         ///< on those samples; unset: no layer alone gains
  std::optional<CureSummary> next;  ///< compared on all samples; unset: no few layers are worth it
};

/// What qeval found.
struct EvaluateSummary {
  std::string reference, candidate, data;
  size_t reference_bytes = 0, candidate_bytes = 0;  ///< with the weights, wherever they lie
  size_t samples = 0;
  std::vector<std::string> warnings;  ///< why the two may not belong together, one sentence each
  std::string pictures;               ///< how they become values; empty: no samples are pictures
  std::string labels;  ///< how folders became classes; empty: no labels, or a file says them
  std::optional<double> agreement_percent;  ///< unset: the first output is no vector of scores
  std::optional<AccuracySummary> reference_accuracy, candidate_accuracy;
  std::vector<OutputSummary> outputs;
  std::vector<LayerSummary> layers;
  std::optional<DoctorSummary> doctor;  ///< unset: it was not asked
  std::vector<GraphNodeSummary> graph;  ///< of the candidate, in an order in which it runs
  std::vector<ChangedSample> changed;
  std::optional<LatencySummary> latency;  ///< unset: no gate is about it
  std::optional<MetricSummary> metric;    ///< unset: no command measures one
  std::vector<GateResult> gates;
  bool degenerate = false;
  Verdict verdict = Verdict::kPass;  ///< of all gates together; kPass without any
  bool allow_undecided = false;
  std::optional<RunError> error;  ///< of a report on a run that ended early: nothing else is known
  double seconds = 0;

  /// Returns the error's code, else 0, 1 when a gate failed, or 6 when one is undecided and that is
  /// not allowed.
  int exit_code() const;
};

/// Requires that the reports could be written and overwrite no input, as Evaluate does first: after
/// that a caller may write them whatever happens.
void RequireReports(const EvaluateOptions& options);

/// Compares two models on samples. Writes nothing but dumped outputs; checks first that the reports
/// can be written and overwrite no input.
EvaluateSummary Evaluate(const EvaluateOptions& options);

/// What qeval --bench does.
struct BenchmarkOptions {
  std::string model;
  std::string names;  ///< the ONNX model whose nodes' names the steps get; empty: their own
  std::vector<std::string> reports;  ///< what the caller will write: the model may not be among it
  std::map<std::string, std::vector<int64_t>> shapes;
  /// Tensors of an ONNX model at which the network begins and ends; empty: its own.
  std::vector<std::string> inputs = {}, outputs = {};
  int threads = 0;  ///< 0: as many as the machine has
  int runs = 50;
  int batch = 1;  ///< inferences per run: one is split over the threads, several are distributed
  bool reference_kernels = false;
  bool profile = false;  ///< every step too, and what the machine can do at best
};

/// One node of the network in a profile.
struct StepSummary {
  std::string node, kind, shape;  ///< shape of the first result
  std::string primitive;          ///< what executes it; empty: nothing to do
  double median_us = 0;
  double percent_of_time = 0;
  double gops = 0;  ///< 1e9 operations (two for a multiply-add) per second
  double operations_per_byte = 0;
  double percent_of_peak = 0;  ///< of the machine's measured peak for int8 or float32
  double roof_us = 0;          ///< the least time that the machine's figures allow
  /// What sets the roof: "int8" or "float32" (the peak), the name of a level, or empty for no work.
  std::string bound = {};
  double percent_of_roof = 0;  ///< the least time, of the median
  std::string tensor = {};     ///< the first result
  double lost_us() const { return median_us > roof_us ? median_us - roof_us : 0; }
};

/// A cache or memory, and how fast it is read.
struct LevelSummary {
  std::string name;             ///< "L1", "L2", ..., "memory"
  std::optional<size_t> bytes;  ///< that the cores' caches hold together; none: memory
  double gigabytes_per_s = 0;
};

/// What the machine can do at best on so many threads, measured.
struct PeakSummary {
  int threads = 1;
  std::string int8_instruction;  ///< "vpdpbusd, 512 bits"
  double int8_gops = 0, float32_gops = 0;
  double gigabytes_per_s = 0;        ///< read from memory
  std::vector<LevelSummary> levels;  ///< the nearest first, memory last
};

/// How fast a network runs here.
struct BenchmarkSummary {
  std::string model;
  int threads = 0, batch = 0, runs = 0;
  double min_ms = 0, median_ms = 0, p90_ms = 0;        ///< of a run
  double read_ms = 0, prepare_ms = 0, warm_up_ms = 0;  ///< reading and preparing are the load
  double samples_per_s = 0;                            ///< at the median
  double gops = 0;                                     ///< of a whole run, if profiled
  double percent_of_peak = 0;                          ///< the products' least time, of the run's
  double percent_of_roof = 0;                          ///< the steps' least time, of theirs
  size_t peak_rss_bytes = 0;                           ///< of the process
  std::optional<PeakSummary> peaks;
  std::vector<StepSummary> steps;
  double load_ms() const { return read_ms + prepare_ms; }
};

/// Times a network in our runner, on made-up inputs. Checks first, as Evaluate does, the reports.
BenchmarkSummary Benchmark(const BenchmarkOptions& options);

/// Returns the steps of a profile that lose the most time against their roofs, the worst first: at
/// most five.
std::vector<StepSummary> WorstSteps(const BenchmarkSummary& summary);

/// How far a training is; `Tune` reports it after each validation.
struct TuneProgress {
  uint64_t step = 0, steps = 0;
  double rate = 0;             ///< learning rate of the last step
  double loss = 0;             ///< mean of the steps since the last report
  std::string unit;            ///< of the next three: "%" of the validation's samples, or "dB"
  double validation = 0;       ///< of the file of this step
  double best = 0, plain = 0;  ///< of the best file so far, and of the file without training
  double seconds_left = 0;
};

/// What qtune does. Field = flag.
struct TuneOptions {
  /// How the file is made; mode is kInteger. data: what is trained on.
  ConvertOptions convert;
  std::string labels;  ///< of the samples that are trained on; empty: the float network is followed
  DataOptions validation;         ///< without paths a tenth of the training's samples is held out
  std::string validation_labels;  ///< of the samples in `validation`
  int epochs = 3;
  int batch = 32;
  int micro_batch = 0;  ///< samples whose activations may be in memory at once; 0: the batch
  bool flip = false;    ///< half of the pictures mirrored, drawn anew in each epoch
  int padded_crop = 0;  ///< pixels of black around a picture, of which its size is cut; 0: none
  std::optional<std::string> optimizer;  ///< "adam" or "sgd"; unset: "adam"
  std::optional<double> learning_rate;   ///< unset: the optimizer's usual one
  std::optional<double> momentum;        ///< of "sgd"; unset: 0.9
  double weight_decay = 0;
  enum class Schedule { kCosine, kStep, kConstant };
  Schedule schedule = Schedule::kCosine;
  int warm_up = 0;  ///< steps
  double ema = 0;   ///< decay of the average of the weights that is written; 0: the weights are
  uint64_t seed = 0;
  /// kFixed: as the calibration found them; kLearned: scales are trained, too.
  enum class Ranges { kFixed, kLearned };
  Ranges ranges = Ranges::kLearned;
  /// Of the batch norms that the model keeps. kCorrected: statistics of batches, weights folded
  /// with the running ones; kNaive: folded with those of the batch; kFrozen: folded before
  /// training. Unset: kFrozen. The others need batches of several samples.
  enum class BatchNorm { kCorrected, kNaive, kFrozen };
  std::optional<BatchNorm> batch_norm;
  std::optional<int> freeze_bn_after;  ///< steps with statistics of batches; unset: all
  enum class Loss { kAuto, kSquares };
  Loss loss = Loss::kAuto;             ///< kAuto: cross-entropy where outputs are scores
  std::optional<double> distillation;  ///< the teacher's share, in [0, 1]; unset: 0.5, or 1
  std::optional<double> temperature;   ///< of the distillation; unset: 2
  std::string teacher;                 ///< another float .onnx to follow; empty: the model itself
  int validate_every = 0;              ///< steps; 0: once an epoch
  std::string state;                   ///< file that a killed run goes on from; empty: none
  bool resume = false;
  std::string log;  ///< JSON lines, one for each validation; empty: none
  /// The float model with trained weights, and nothing else changed; empty: none. What it could not
  /// hold is not trained.
  std::string save_onnx;
  std::function<void(const TuneProgress&)> report;   ///< may be empty
  std::function<void(const std::string&)> announce;  ///< of what begins, in words; may be empty
};

/// How the float network, the file without training and the trained one do on the validation's
/// samples.
struct TunedAccuracy {
  std::optional<double> top1_percent;       ///< with labels
  std::optional<double> agreement_percent;  ///< with the float network's top-1, where there is one
  double sqnr_db = 0;                       ///< of the worst output, against the float network
};

/// What qtune did. Without labels, TuneOptions::teacher is what files are compared with.
struct TuneSummary {
  std::string output, mode, calibration;
  size_t output_bytes = 0;
  size_t training_samples = 0, validation_samples = 0;
  std::string validation;  ///< where its samples come from
  std::string batch_norm;  ///< what was done with batch norms, in words
  size_t parameters = 0;   ///< that were trained
  uint64_t steps = 0;
  size_t memory_bytes = 0;  ///< that the run was said to take at most
  std::vector<std::string> warnings;
  std::optional<double> float_top1_percent;
  TunedAccuracy plain, tuned;
  std::vector<TuneProgress> curve;  ///< one at each validation
  bool is_tuned = false;  ///< else the file is the one without training, which is no worse
  double last_loss = 0;
  double seconds = 0;
};

/// Trains the quantized network that Convert makes, as its integers round, and writes the file of
/// the best state; or Convert's file where training gains nothing. An interrupted run writes its
/// state and the best file so far, and throws Error(kInterrupted).
TuneSummary Tune(const TuneOptions& options);

/// The version of the JSON documents below, their first key "version". It changes when a key
/// changes its meaning or goes; new keys do not change it.
inline constexpr int kJsonVersion = 1;

/// Returns a summary as a JSON document.
std::string ToJson(const ConvertSummary& summary);
std::string ToJson(const EvaluateSummary& summary);
std::string ToJson(const BenchmarkSummary& summary);
std::string ToJson(const TuneSummary& summary);
/// Returns a progress as one line of JSON.
std::string ToJsonLine(const TuneProgress& progress);
/// Return a conversion, a verdict, a profile and a training as one HTML page each, with charts,
/// which needs nothing else.
std::string ToHtml(const ConvertSummary& summary);
std::string ToHtml(const EvaluateSummary& summary);
std::string ToHtml(const BenchmarkSummary& summary);
std::string ToHtml(const TuneSummary& summary);
/// Returns the gates as a JUnit XML document, one test case each; figures are properties.
std::string ToJUnit(const EvaluateSummary& summary);
/// Returns a verdict with its figures as Markdown, for a pull request.
std::string ToMarkdown(const EvaluateSummary& summary);

/// Returns "15.3 dB", "exact", or "only noise".
std::string Decibels(double sqnr_db);
/// Returns "SQNR 31.2 dB, correlation 0.99870, largest error 0.12"; of whole numbers, "98.5 % of
/// the values the same".
std::string FiguresText(const OutputSummary& output);
/// Returns a verdict's figures: "SQNR (dB) 31.2, 95 % interval 30.4 to 31.9 (limit 30)".
std::string ToText(const GateResult& gate);
/// Returns what an undecided gate needs: "about 900 samples like these would decide".
std::string WhatDecides(const GateResult& gate);
/// Returns a machine's peaks: "473 GOP/s int8 (vpdpbusd, 512 bits), 118 GOP/s float32".
std::string PeaksText(const PeakSummary& peaks);
/// Returns how fast it reads: "L1 (32 KiB) 230 GB/s, L2 (1024 KiB) 110 GB/s, memory 20 GB/s".
std::string LevelsText(const PeakSummary& peaks);
/// Returns what a step loses: "12.3 % of the time: 60.0 us, roof 25.1 us (int8)".
std::string LossText(const StepSummary& step);
/// Returns what was tried and what it won: "12 files compared on 21 samples, 9 treatments tried,
/// 23.1 dB before; kept --equalize (+3.2 dB)".
std::string ToText(const TreatmentSummary& treatment);
std::string ToText(const CodebookSummary& codebooks);
/// Returns what the accumulators of a file take; empty where no fewer than 32 bits were asked for.
std::string AccumulatorsText(const ConvertSummary& summary);
/// Returns what was searched, on one line, and one file that was measured.
std::string ToText(const SearchSummary& search);
std::string ToText(const SearchPointSummary& point);
/// Returns what a target runs: "all 31 operators run on tflm"; else a line about those that do not,
/// and one for each reason, with a few nodes or all of them.
std::vector<std::string> ToLines(const TargetSummary& target, bool all_nodes);
/// Returns the damage of a node in words: "conv1 (Conv2D), alone in float: 24.0 dB, ...".
std::string ToText(const DamageSummary& damage);

/// Returns layers, those that do the most damage to the outputs first: those that the doctor tried
/// by what they do alone, then the others by the noise that they add, or have.
std::vector<LayerSummary> ByDamage(std::vector<LayerSummary> layers);

/// A line of a report: "most damage", and what it is.
struct TitledLine {
  std::string title, text;
};

/// Returns what the doctor found.
std::vector<TitledLine> ToLines(const DoctorSummary& doctor);
/// Returns what to do about a file that falls short: "--exclude '^conv1$' gives 31.2 dB, same top-1
/// on 99 of 100", or that nothing is known.
std::string NextStep(const ConvertSummary& summary);

/// Returns the table of operators: ONNX spellings, TFLite operators, integer or float (markdown).
std::string OperatorTable();

}  // namespace qconvert

#pragma GCC visibility pop
