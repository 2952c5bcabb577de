#include "lib/convert/quantize_network.h"

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/calibration/moments.h"
#include "lib/convert/reconstruct_network.h"
#include "lib/convert/rounding_samples.h"
#include "lib/convert/validate_options.h"
#include "lib/quantization/build.h"
#include "lib/quantization/plan.h"
#include "lib/quantization/prefix_evidence.h"
#include "lib/quantization/recipe_rows.h"
#include "lib/quantization/sensitive_nodes.h"
#include "lib/quantization/wide_nodes.h"
#include "lib/quantization/wide_softmaxes.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;

NodePrecision PrecisionOf(const ConvertOptions& options) {
  if (options.mode == Mode::kFloat) return kFloatNode;
  const WeightPrecision weights = options.codebook      ? WeightPrecision::kCodebook
                                  : *options.bits == 4  ? WeightPrecision::kInt4
                                  : *options.bits == 16 ? WeightPrecision::kFloat16
                                                        : WeightPrecision::kInt8;
  if (options.mode == Mode::kWeightsOnly) return {weights, ActivationPrecision::kFloat32};
  if (options.mode == Mode::kDynamic) return {weights, ActivationPrecision::kDynamic};
  return {weights, *options.activation_bits == 16 ? ActivationPrecision::kInt16
                                                  : ActivationPrecision::kInt8};
}

/// Returns whether the first and the last layers get 8 bits though the others get 4.
bool Keeps8Bit(const ConvertOptions& options) {
  return options.mode != Mode::kFloat && *options.bits == 4 && !options.all_layers;
}

PlanOptions PlanOptionsOf(const ConvertOptions& options) {
  PlanOptions result;
  result.per_channel = *options.granularity == ConvertOptions::Granularity::kPerChannel;
  result.asymmetric_weights = *options.scheme == ConvertOptions::Scheme::kAsymmetric;
  result.allow_extensions = options.allow_extensions;
  result.strict = options.strict;
  result.codebook_size = options.codebook.value_or(kMostCodes);
  if (options.mode != Mode::kInteger) return result;
  result.io = options.io == ConvertOptions::Io::kInt8    ? IoType::kInt8
              : options.io == ConvertOptions::Io::kUInt8 ? IoType::kUInt8
              : options.io == ConvertOptions::Io::kInt16 ? IoType::kInt16
                                                         : IoType::kFloat32;
  return result;
}

/// Says why biases stay as they are though they were to be corrected.
std::string WhyNotCorrected(const CalibrationSamples& samples) {
  const size_t all = samples.calibrating();
  return all < kFewestCompared
             ? fmt::format("as they are: correcting them takes {} samples, and there are {}",
                           kFewestCompared, all)
             : fmt::format("as they are: the activations of {} samples take more than 1 GiB",
                           kFewestCompared);
}

bool CorrectsBiases(const ConvertOptions& options) {
  return *options.bias_correction != ConvertOptions::BiasCorrection::kNone;
}

const RoundingMethod& RoundingOf(const ConvertOptions& options) {
  return *FindRoundingMethod(*options.rounding);
}

/// Returns whether the model brings its own quantization along.
bool IsQuantized(const Graph& network) { return network.metadata.count("quantization") != 0; }

/// Returns the rounding of the options, or else the first other one of a recipe's rows.
std::string NameOfRounding(const ConvertOptions& options) {
  if (*options.rounding != RoundingMethods().front()->name) return *options.rounding;
  for (const RecipeRow& row : options.rows) {
    if (!row.rounding.empty() && row.rounding != *options.rounding) return row.rounding;
  }
  return *options.rounding;
}

/// Says how weights were rounded; nothing where all are rounded to the nearest.
std::string RoundingText(const ConvertOptions& options, size_t samples) {
  if (NameOfRounding(options) == RoundingMethods().front()->name) return "";
  std::string text = NameOfRounding(options);
  if (RoundsBySamples(options)) text += fmt::format(", on {} samples", samples);
  if (RoundingOf(options).draws) text += fmt::format(", seed {}", *options.seed);
  if (*options.sparsity > 0) text += fmt::format(", sparsity {:g}", *options.sparsity);
  return text;
}

/// Says what the activations of integer nodes are.
std::string ActivationsText(const ConvertOptions& options, const QuantizationReport& report) {
  if (report.wide_nodes == 0) return fmt::format("int{} activations", *options.activation_bits);
  const bool all = report.wide_nodes == report.integer_nodes;
  return all ? "int16 activations" : "int8 and int16 activations";
}

}  // namespace

std::string ModeText(const ConvertOptions& options, const QuantizationReport& report) {
  if (options.mode == Mode::kFloat) return "float32";
  if (options.codebook) {
    return fmt::format("codebook of {} weights per layer, float arithmetic", *options.codebook);
  }
  if (*options.bits == 16) return "float16 weights, float arithmetic";
  if (report.integer_nodes == 0 && !report.float_nodes.empty()) {
    return "float32: no node could become an integer one";
  }
  const std::string weights = fmt::format(
      "{}-bit {} weights per {}", *options.bits,
      *options.scheme == ConvertOptions::Scheme::kAsymmetric ? "asymmetric" : "symmetric",
      *options.granularity == ConvertOptions::Granularity::kPerChannel ? "channel" : "layer");
  if (options.mode == Mode::kDynamic) return weights + ", activations rounded at run time";
  return weights + (Keeps8Bit(options) ? ", 8-bit in the first and last layer, " : ", ") +
         (options.mode == Mode::kWeightsOnly ? "float arithmetic"
                                             : ActivationsText(options, report)) +
         (options.rows.empty() ? "" : ", some layers by a recipe");
}

PrecisionPlan PrecisionPlanOf(const Graph& network, const NetworkObservation& observed,
                              const ConvertOptions& options) {
  const ActivationRanges& ranges = observed.calibration.ranges;
  const bool protects = options.mode == Mode::kInteger && !options.strict;
  PrecisionPlan precision{PrecisionOf(options), {}};
  const Ranges& of_most = ranges.Of(IntegerType(precision.otherwise.activations));
  KeepFloat(network, options.exclude, precision);
  if (protects) KeepSensitiveFloat(network, of_most, precision);
  WidenNamed(network, options.wide, precision);
  WidenGrids(network, precision);
  if (protects) KeepWideSoftmaxesFloat(network, observed.evidence, ranges.int8, precision);
  if (protects && options.io == ConvertOptions::Io::kFloat32 && *options.activation_bits == 8) {
    KeepUnevenOutputsFloat(network, of_most, precision);
  }
  if (Keeps8Bit(options)) KeepOuterLayers8Bit(network, precision);
  ApplyRows(network, options.rows, precision);
  WidenMovements(network, precision);
  return precision;
}

Recipe RecipeOf(const Graph& network, const NetworkObservation& observed,
                const CalibrationSamples& samples, const ConvertOptions& options,
                ThreadPool& threads) {
  const auto find = [&observed](const Tensor& tensor) {
    return MomentsOf(observed.evidence, tensor);
  };
  const std::vector<size_t> compared = PrefixSamples(network, observed, samples, options);
  const size_t gram_bytes = static_cast<size_t>(*options.memory_mib) << 20;
  const bool quiet = options.quiet;
  const auto evidence = [&network, &samples, &threads, find, compared, gram_bytes, quiet] {
    OwnedEvidence owned{std::make_unique<KnownMoments>(find), nullptr};
    if (!compared.empty()) {
      owned.rounding = std::make_unique<PrefixEvidence>(
          network, compared, samples.reader(), threads,
          std::make_unique<Progress>("quantizing layers", network.nodes().size(), quiet),
          gram_bytes);
    }
    return owned;
  };
  return {PlanOptionsOf(options),
          {.scales = FindScaleMethod(*options.weight_scale),
           .rounding = &RoundingOf(options),
           .rounding_of = RoundingsOf(network, options.rows),
           .rounding_options = {.seed = *options.seed, .sparsity = *options.sparsity},
           .accumulator_bits = *options.accumulator_bits,
           .correct_bias = CorrectsBiases(options) && compared.size() >= kFewestCompared,
           .threads = &threads},
          evidence,
          compared.size()};
}

std::string ToText(const CorrectedBiases& biases) {
  return fmt::format("sequential, on {} samples, kept in {} of {} layers", biases.samples,
                     biases.corrected, biases.compared);
}

QuantizedNetwork QuantizeNetwork(const Graph& network, const NetworkObservation& observed,
                                 const CalibrationSamples& samples, const ConvertOptions& options,
                                 ThreadPool& threads) {
  const Recipe recipe = RecipeOf(network, observed, samples, options, threads);
  const ActivationRanges& ranges = observed.calibration.ranges;
  const QuantizationPlan plan =
      Plan(network, ranges, PrecisionPlanOf(network, observed, options), recipe.options);
  const OwnedEvidence evidence = recipe.evidence();
  BuiltGraph built = Build(network, plan, evidence.sources(), recipe.methods);
  std::optional<ReconstructionSummary> reconstruction;
  if (RoundingOf(options).in_blocks) {
    reconstruction = ReconstructNetwork(network, observed, samples, options, threads, built);
  }
  QuantizedNetwork result{std::move(built.graph), ReportOf(network, plan)};
  result.reconstruction = std::move(reconstruction);
  if (recipe.methods.correct_bias) {
    result.biases = {recipe.compared_samples, built.compared_layers, built.corrected_layers};
  } else if (samples && CorrectsBiases(options) && !IsQuantized(network)) {
    result.why_not_corrected = WhyNotCorrected(samples);
  }
  if (options.codebook) result.codebooks = built.codebooks;
  result.rounding = result.reconstruction ? "blocks, " + ToText(*result.reconstruction)
                                          : RoundingText(options, recipe.compared_samples);
  auto& metadata = result.graph.metadata;
  metadata["mode"] = ModeText(options, result.report);
  if (!samples.preprocessing.empty()) metadata["preprocessing"] = samples.preprocessing;
  const std::string& calibration = observed.calibration.text;
  if (!calibration.empty()) metadata["calibration"] = calibration;
  if (!result.rounding.empty()) metadata["rounding"] = result.rounding;
  if (result.biases) metadata["bias_correction"] = ToText(*result.biases);
  if (!result.report.extensions.empty()) metadata["extensions"] = "asymmetric weights";
  return result;
}

}  // namespace qconvert
