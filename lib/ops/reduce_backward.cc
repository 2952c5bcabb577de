// Gradients of MEAN, SUM, REDUCE_MAX, REDUCE_MIN and REDUCE_PROD.
#include <array>

#include "lib/kernels/broadcast.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"

namespace qconvert {
namespace {

/// Calls visit(i, at): element i of the operand goes into element `at` of the result. The result
/// is repeated along the reduced axes.
template <typename Visit>
void ForEachReduced(const NodeGradients& gradients, const std::vector<int>& axes, Visit visit) {
  const Shape& shape = gradients.inputs[0].shape();
  Shape kept = shape;
  for (int axis : axes) kept[static_cast<size_t>(axis)] = 1;
  ForEachBroadcast<1>(shape, {kept},
                      [&](size_t i, const std::array<size_t, 1>& at) { visit(i, at[0]); });
}

/// Adds dL/dx = factor dL/dy.
void AddRepeated(const NodeGradients& gradients, const std::vector<int>& axes, float factor) {
  ForEachReduced(gradients, axes, [&](size_t i, size_t at) {
    gradients.by_inputs[0][i] += gradients.by_outputs[0][at] * factor;
  });
}

/// The elements that equal the result have equal parts of dL/dy.
template <typename Kind>
void ExtremeBackward(const Node& node, const NodeGradients& gradients) {
  if (!Wants(gradients, 0)) return;
  const std::vector<int>& axes = node.As<Kind>()->axes;
  const auto x = gradients.inputs[0].Values<float>(), y = gradients.outputs[0].Values<float>();
  std::vector<float> ties(y.size(), 0);
  ForEachReduced(gradients, axes, [&](size_t i, size_t at) { ties[at] += x[i] == y[at] ? 1 : 0; });
  ForEachReduced(gradients, axes, [&](size_t i, size_t at) {
    if (x[i] == y[at]) gradients.by_inputs[0][i] += gradients.by_outputs[0][at] / ties[at];
  });
}

}  // namespace

/// dL/dx = dL/dy / n for means of n elements.
void MeanBackward(const Node& node, const NodeGradients& gradients) {
  if (!Wants(gradients, 0)) return;
  const auto count = gradients.by_inputs[0].size() / gradients.by_outputs[0].size();
  AddRepeated(gradients, node.As<Mean>()->axes, 1 / static_cast<float>(count));
}

/// dL/dx = dL/dy
void SumBackward(const Node& node, const NodeGradients& gradients) {
  if (Wants(gradients, 0)) AddRepeated(gradients, node.As<Sum>()->axes, 1);
}

void ReduceMaxBackward(const Node& node, const NodeGradients& gradients) {
  ExtremeBackward<ReduceMax>(node, gradients);
}
void ReduceMinBackward(const Node& node, const NodeGradients& gradients) {
  ExtremeBackward<ReduceMin>(node, gradients);
}

/// dL/dx is dL/dy times the product of the other elements: of two zeros none has any.
void ReduceProdBackward(const Node& node, const NodeGradients& gradients) {
  if (!Wants(gradients, 0)) return;
  const std::vector<int>& axes = node.As<ReduceProd>()->axes;
  const auto x = gradients.inputs[0].Values<float>();
  const std::span<const float> by_y = gradients.by_outputs[0];
  std::vector<int64_t> zeros(by_y.size(), 0);
  std::vector<double> products(by_y.size(), 1);  // of the elements that are not zero
  ForEachReduced(gradients, axes, [&](size_t i, size_t at) {
    if (x[i] == 0) {
      ++zeros[at];
    } else {
      products[at] *= double{x[i]};
    }
  });
  ForEachReduced(gradients, axes, [&](size_t i, size_t at) {
    if (zeros[at] > (x[i] == 0 ? 1 : 0)) return;
    const double others = x[i] == 0 ? products[at] : products[at] / double{x[i]};
    gradients.by_inputs[0][i] += static_cast<float>(double{by_y[at]} * others);
  });
}

}  // namespace qconvert
