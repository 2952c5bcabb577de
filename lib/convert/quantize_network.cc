#include "lib/convert/quantize_network.h"

#include <spdlog/fmt/fmt.h>

#include "lib/calibration/moments.h"
#include "lib/quantization/build.h"
#include "lib/quantization/plan.h"

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

QuantizedNetwork QuantizeNetwork(const Graph& network, const NetworkObservation& observed,
                                 const CalibrationSamples& samples, const ConvertOptions& options,
                                 ThreadPool& threads) {
  PrecisionPlan precision{PrecisionOf(options), {}};
  KeepFloat(network, options.exclude, precision);
  const QuantizationPlan plan = Plan(network, observed.ranges, precision, PlanOptionsOf(options));
  KnownMoments moments([&](const Tensor& tensor) { return MomentsOf(observed.evidence, tensor); });
  const ScaleMethod* scales = FindScaleMethod(*options.weight_scale);
  QuantizedNetwork result{Build(network, plan, moments, {.scales = scales, .threads = &threads}),
                          ReportOf(network, plan)};
  auto& metadata = result.graph.metadata;
  metadata["mode"] = ModeText(options);
  if (!samples.preprocessing.empty()) metadata["preprocessing"] = samples.preprocessing;
  if (!observed.calibration.empty()) metadata["calibration"] = observed.calibration;
  if (!result.report.extensions.empty()) metadata["extensions"] = "asymmetric weights";
  return result;
}

}  // namespace qconvert
