#include "lib/quantization/weight_scheme.h"

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

/// Returns whether LiteRT has kernels with 4-bit weights for the node.
bool TakesInt4(const Node& node) {
  return node.Is<Conv2D>() || node.Is<DepthwiseConv2D>() || node.Is<FullyConnected>();
}

void RequireAsymmetric(const Node& node, const WeightScheme& scheme, const QuantizeOptions& options,
                       QuantizationReport& report) {
  if (options.precision == Precision::kWeightsOnly) return;
  if (node.Is<FullyConnected>() && !scheme.per_channel) return;
  if (!options.allow_extensions) {
    Fail(ErrorKind::kUsage,
         fmt::format("node '{}' ({}): TFLite's integer kernels refuse asymmetric weights; use "
                     "--scheme symmetric, --weights-only, or --allow-extensions for a file that "
                     "runs only here",
                     node.name, node.kind()));
  }
  report.extensions.push_back(node.name);
}

}  // namespace

WeightScheme ChooseScheme(const Node& node, size_t i, const Tensor& weights,
                          const QuantizeOptions& options, QuantizationReport& report) {
  WeightScheme scheme;
  scheme.axis = OpOf(node).quant.Operand(i).index;
  scheme.per_channel = options.per_channel && weights.rank() > 0;
  scheme.asymmetric = options.asymmetric_weights;
  if (node.Is<FullyConnected>() && scheme.asymmetric && options.precision == Precision::kInteger) {
    scheme.per_channel = false;
  }
  if (options.weight_bits == 4) {
    scheme.bits = TakesInt4(node) ? 4 : 8;
    if (scheme.bits == 8) report.eight_bit.push_back(node.name);
  }
  if (scheme.asymmetric) RequireAsymmetric(node, scheme, options, report);
  return scheme;
}

}  // namespace qconvert
