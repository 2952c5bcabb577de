// What a conversion is asked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/data_options.h"
#include "lib/quantization/recipe_row.h"

#pragma GCC visibility push(default)

namespace qconvert {

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
  std::optional<uint64_t> seed;    ///< of "stochastic", "spfq" and "blocks"; unset: 0
  std::optional<double> sparsity;  ///< of "gpfq" and "spfq", in [0, 1); unset: 0
  bool equalize = false;    ///< moves scales between operators where that lowers the measured error
  bool all_layers = false;  ///< with 4 bits: the first and the last layer, too
  /// Most that matrices of one layer, or activations between two blocks, may take; unset: 1024.
  std::optional<int> memory_mib;
  bool allow_extensions = false;  ///< for asymmetric weights in integer arithmetic
  enum class Io { kFloat32, kInt8, kUInt8, kInt16 };  ///< kInt16: with 16-bit activations
  Io io = Io::kFloat32;
  enum class Layout { kNhwc, kKeep };
  Layout layout = Layout::kNhwc;
  bool split_outputs = false;  ///< the operands of a Concat that the model ends with become outputs
  bool strict = false;
  /// 0: min/max ranges and no search for a cure when the check falls short; 1: better ranges,
  /// biases corrected, a cure looked for; 2: 1, and treatments are tried and kept where they help;
  /// 3: 2, and blocks are reconstructed; unset: 1. What is set explicitly below and above beats it.
  std::optional<int> effort;
  /// Of effort 2 and 3 and of a search, in files that are made and compared; unset: 24, and 100.
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

}  // namespace qconvert

#pragma GCC visibility pop
