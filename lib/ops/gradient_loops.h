// Loops that the backward functions of the records share: the mask of a fused activation,
// functions of one element, and sums over the axes along which an operand is repeated.
#pragma once

#include <span>
#include <vector>

#include "lib/graph/operators.h"
#include "lib/kernels/broadcast_plan.h"
#include "lib/ops/backward.h"

namespace qconvert {

/// Returns whether somebody asks for the gradient by operand `k` of a node whose first result has
/// one.
inline bool Wants(const NodeGradients& gradients, size_t k) {
  return k < gradients.by_inputs.size() && !gradients.by_inputs[k].empty() &&
         !gradients.by_outputs[0].empty();
}

/// Returns the gradient by a node's only result as it was before the fused activation clamped it:
/// that by the result where it lies between the clamp's ends, zero at the ends.
///   masked  holds it where there is a fused activation
std::span<const float> BeforeActivation(const Node& node, const NodeGradients& gradients,
                                        std::vector<float>& masked);

/// Adds sums to a gradient, rounded once; to none where nobody asks for it.
void AddSums(std::span<const double> sums, std::span<float> gradient);

/// Adds the sums of the rows of `by_result` [rows, columns] to the gradient by a bias [columns].
void AddRowSums(std::span<const float> by_result, std::span<float> by_bias);

/// Adds the gradients by the operands x [rows, groups * depth] and W [outputs, depth] of inner
/// products y [rows, outputs], where each group of outputs reads `depth` columns of x of its own:
/// dL/dW += (dL/dy)^T x and dL/dx += dL/dy W.
///   by_y  the gradient by the result
void AddInnerProduct(const NodeGradients& gradients, std::span<const float> by_y, size_t groups);

/// Adds dL/dx = dL/dy f'(x) for y = f(x), element by element.
///   derivative  returns f'(x) for (x, y)
template <typename Derivative>
void AddUnary(const NodeGradients& gradients, Derivative derivative) {
  if (!Wants(gradients, 0)) return;
  const auto x = gradients.inputs[0].Values<float>(), y = gradients.outputs[0].Values<float>();
  const std::span<const float> by_y = gradients.by_outputs[0];
  const std::span<float> by_x = gradients.by_inputs[0];
  for (size_t i = 0; i < by_x.size(); ++i) by_x[i] += by_y[i] * derivative(x[i], y[i]);
}

/// The backward function of an operator without attributes: AddUnary of f'(x).
template <float (*kDerivative)(float x, float y)>
void UnaryBackward(const Node&, const NodeGradients& gradients) {
  AddUnary(gradients, kDerivative);
}

/// Adds dL/dx_k = sum of dL/dy df/dx_k for y = f(x_0, x_1): over the axes along which operand k is
/// repeated, in double.
///   by_y     the gradient by the result
///   partial  returns df/dx_k for (x_0, x_1)
template <typename Partial>
void AddBroadcast(const NodeGradients& gradients, std::span<const float> by_y, size_t k,
                  Partial partial) {
  if (!Wants(gradients, k)) return;
  const auto a = gradients.inputs[0].Values<float>(), b = gradients.inputs[1].Values<float>();
  const std::span<float> by_x = gradients.by_inputs[k];
  const BroadcastPlan plan = PlanBroadcast(
      gradients.outputs[0].shape(), gradients.inputs[0].shape(), gradients.inputs[1].shape());
  const BroadcastPlan::Axis row = plan.row;
  if (by_x.size() == plan.elements) {  // each element of the operand has one result
    ForEachRow(plan, [&](size_t y_at, size_t a_at, size_t b_at) {
      float* sum = &by_x[k == 0 ? a_at : b_at];
      for (size_t i = 0; i < row.size; ++i) {
        sum[i] += by_y[y_at + i] * partial(a[a_at + i * row.a], b[b_at + i * row.b]);
      }
    });
    return;
  }
  const size_t step = k == 0 ? row.a : row.b;
  std::vector<double> sums(by_x.size(), 0);
  ForEachRow(plan, [&](size_t y_at, size_t a_at, size_t b_at) {
    double* sum = &sums[k == 0 ? a_at : b_at];
    for (size_t i = 0; i < row.size; ++i) {
      const float factor = partial(a[a_at + i * row.a], b[b_at + i * row.b]);
      sum[i * step] += double{by_y[y_at + i]} * double{factor};
    }
  });
  AddSums(sums, by_x);
}

}  // namespace qconvert
