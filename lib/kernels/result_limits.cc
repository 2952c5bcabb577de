#include "lib/kernels/result_limits.h"

#include <limits>
#include <variant>

#include "lib/math/quantize.h"

namespace qconvert {

Range ActivationRange(Activation activation) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  switch (activation) {
    case Activation::kRelu:
      return {0, kInfinity};
    case Activation::kReluN1To1:
      return {-1, 1};
    case Activation::kRelu6:
      return {0, 6};
    default:
      return {-kInfinity, kInfinity};
  }
}

Range ClampRange(const Operator& op) {
  if (const auto* clip = std::get_if<Clip>(&op)) return {clip->min, clip->max};
  if (std::holds_alternative<Relu>(op)) return ActivationRange(Activation::kRelu);
  if (std::holds_alternative<Relu6>(op)) return ActivationRange(Activation::kRelu6);
  if (std::holds_alternative<ReluN1To1>(op)) return ActivationRange(Activation::kReluN1To1);
  if (std::holds_alternative<Relu0To1>(op) || std::holds_alternative<HardSigmoid>(op)) {
    return {0, 1};
  }
  return ActivationRange(FusedActivation(op));
}

IntegerLimits ResultLimits(const Node& node, const AffineParams& result) {
  const Range clamp = ActivationRange(FusedActivation(node.op));
  return ClampedLimits(clamp.min, clamp.max, result, kInt8Limits);
}

}  // namespace qconvert
