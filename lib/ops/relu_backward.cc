// Gradients of RELU and its family, LEAKY_RELU and PRELU.
#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"
#include "lib/ops/op.h"

namespace qconvert {

/// dL/dx = dL/dy between the ends, 0 at and beyond them.
void ClampBackward(const Node& node, const NodeGradients& gradients) {
  const Range ends = OpOf(node).clamp(node.op);
  AddUnary(gradients, [&](float x, float) { return ends.min < x && x < ends.max ? 1.0F : 0.0F; });
}

/// dL/dx = alpha dL/dy below zero, dL/dy from there on.
void LeakyReluBackward(const Node& node, const NodeGradients& gradients) {
  const float alpha = node.As<LeakyRelu>()->alpha;
  AddUnary(gradients, [&](float x, float) { return x < 0 ? alpha : 1; });
}

/// Below zero dL/dx = alpha dL/dy and dL/dalpha = x dL/dy, from there on dL/dy and 0.
void PReluBackward(const Node&, const NodeGradients& gradients) {
  const std::span<const float> by_y = gradients.by_outputs[0];
  AddBroadcast(gradients, by_y, 0, [](float x, float alpha) { return x < 0 ? alpha : 1; });
  AddBroadcast(gradients, by_y, 1, [](float x, float) { return x < 0 ? x : 0; });
}

}  // namespace qconvert
