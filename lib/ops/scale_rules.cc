#include "lib/ops/scale_rules.h"

#include <algorithm>
#include <cmath>

#include "lib/graph/activation.h"
#include "lib/math/affine.h"
#include "lib/ops/op.h"

namespace qconvert {

int64_t Fold(const Graph& graph, const Node& node) {
  if (node.inputs().empty() || !node.has_input(0)) return 1;
  return graph.tensor(node.input(0)).elements() /
         std::max<int64_t>(graph.tensor(node.output()).elements(), 1);
}

const char* WhyNotRescaled(double multiplier, double limit) {
  const bool holds = std::abs(multiplier) < limit;  // not of NaN
  return holds ? nullptr : "its result has steps too small for LiteRT beside those of its operands";
}

const char* ClampScaleRule(const Node& node, const NodeParams& params) {
  const ClampFunction own = OpOf(node).clamp;
  const Range clamp = own != nullptr ? own(node.op) : ActivationRange(FusedActivation(node.op));
  for (const float end : {clamp.min, clamp.max}) {
    if (std::isfinite(end) && std::abs(end / params.result->scale()) >= 0x1p31F) {
      return "its result has steps too small for LiteRT beside the ends of its clamp";
    }
  }
  return nullptr;
}

const char* RescalingScaleRule(const Node& node, const NodeParams& params) {
  const float ratio = params.operands[0]->scale() / params.result->scale();
  const char* reason = WhyNotRescaled(double{ratio}, StepMultipliers(params));
  return reason != nullptr ? reason : ClampScaleRule(node, params);
}

const char* WeightedScaleRule(const Node& node, const NodeParams& params) {
  const std::vector<float>& weights = params.operands[1]->scales;
  const double largest{*std::max_element(weights.begin(), weights.end())};
  const double multiplier =
      largest * double{params.operands[0]->scale()} / double{params.result->scale()};
  const char* reason = WhyNotRescaled(multiplier, SumMultipliers(params));
  return reason != nullptr ? reason : ClampScaleRule(node, params);
}

}  // namespace qconvert
