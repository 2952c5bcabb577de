#include "lib/convert/quantize_network.h"

#include <spdlog/fmt/fmt.h>

#include "lib/calibration/moments.h"
#include "lib/quantization/build.h"
#include "lib/quantization/plan.h"
#include "lib/quantization/sensitive_nodes.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;

NodePrecision PrecisionOf(const ConvertOptions& options) {
  if (options.mode == Mode::kFloat) return kFloatNode;
  const bool weights_only = options.mode == Mode::kWeightsOnly;
  return {*options.bits == 4                    ? WeightPrecision::kInt4
          : *options.bits == 16 && weights_only ? WeightPrecision::kFloat16
                                                : WeightPrecision::kInt8,
          weights_only ? ActivationPrecision::kFloat32 : ActivationPrecision::kInt8};
}

PlanOptions PlanOptionsOf(const ConvertOptions& options) {
  PlanOptions result;
  result.per_channel = *options.granularity == ConvertOptions::Granularity::kPerChannel;
  result.asymmetric_weights = *options.scheme == ConvertOptions::Scheme::kAsymmetric;
  result.allow_extensions = options.allow_extensions;
  result.strict = options.strict;
  if (options.mode != Mode::kInteger) return result;
  result.io = options.io == ConvertOptions::Io::kInt8    ? IoType::kInt8
              : options.io == ConvertOptions::Io::kUInt8 ? IoType::kUInt8
                                                         : IoType::kFloat32;
  return result;
}

}  // namespace

std::string ModeText(const ConvertOptions& options) {
  if (options.mode == Mode::kFloat) return "float32";
  if (*options.bits == 16) return "float16 weights, float arithmetic";
  const std::string weights = fmt::format(
      "{}-bit {} weights per {}", *options.bits,
      *options.scheme == ConvertOptions::Scheme::kAsymmetric ? "asymmetric" : "symmetric",
      *options.granularity == ConvertOptions::Granularity::kPerChannel ? "channel" : "layer");
  return weights +
         (options.mode == Mode::kWeightsOnly ? ", float arithmetic" : ", int8 activations");
}

PrecisionPlan PrecisionPlanOf(const Graph& network, const Ranges& ranges,
                              const ConvertOptions& options) {
  PrecisionPlan precision{PrecisionOf(options), {}};
  KeepFloat(network, options.exclude, precision);
  if (options.mode == Mode::kInteger && !options.strict) {
    KeepSensitiveFloat(network, ranges, precision);
  }
  return precision;
}

Recipe RecipeOf(const NetworkObservation& observed, const ConvertOptions& options,
                ThreadPool& threads) {
  const auto find = [&observed](const Tensor& tensor) {
    return MomentsOf(observed.evidence, tensor);
  };
  return {PlanOptionsOf(options),
          {.scales = FindScaleMethod(*options.weight_scale), .threads = &threads},
          [find] { return std::make_unique<KnownMoments>(find); }};
}

QuantizedNetwork QuantizeNetwork(const Graph& network, const NetworkObservation& observed,
                                 const CalibrationSamples& samples, const ConvertOptions& options,
                                 ThreadPool& threads) {
  const Recipe recipe = RecipeOf(observed, options, threads);
  const QuantizationPlan plan = Plan(
      network, observed.ranges, PrecisionPlanOf(network, observed.ranges, options), recipe.options);
  const std::unique_ptr<EvidenceSource> evidence = recipe.evidence();
  QuantizedNetwork result{Build(network, plan, *evidence, recipe.methods), ReportOf(network, plan)};
  auto& metadata = result.graph.metadata;
  metadata["mode"] = ModeText(options);
  if (!samples.preprocessing.empty()) metadata["preprocessing"] = samples.preprocessing;
  if (!observed.calibration.empty()) metadata["calibration"] = observed.calibration;
  if (!result.report.extensions.empty()) metadata["extensions"] = "asymmetric weights";
  return result;
}

}  // namespace qconvert
