// Gradients of FULLY_CONNECTED and BATCH_MATMUL.
#include <array>

#include "lib/kernels/broadcast.h"
#include "lib/kernels/float_gemm.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"

namespace qconvert {
namespace {

Shape LeadingAxes(const Shape& shape) { return {shape.begin(), shape.end() - 2}; }

/// A matrix [rows, columns] as it is stored.
struct Stored {
  size_t rows = 0, columns = 0;
  size_t elements() const { return rows * columns; }
};

Stored StoredMatrix(const Shape& shape) {
  return {static_cast<size_t>(shape[shape.size() - 2]), static_cast<size_t>(shape.back())};
}

/// Adds dL/dA = dL/dY B^T, or its transpose dL/dA^T = B (dL/dY)^T where A is stored so.
void AddToLeft(const BatchMatMul& product, const Stored& a, const Stored& y, const float* by_y,
               const GemmFactor& b, float* by_a) {
  const GemmFactor b_transposed{b.values, b.stride, !b.transposed};
  if (product.transpose_a) {
    AddFloatProduct(a.rows, y.columns, a.columns, b, {by_y, y.columns, true}, by_a, a.columns);
  } else {
    AddFloatProduct(a.rows, y.columns, a.columns, {by_y, y.columns}, b_transposed, by_a, a.columns);
  }
}

/// Adds dL/dB = A^T dL/dY, or its transpose dL/dB^T = (dL/dY)^T A where B is stored so.
void AddToRight(const BatchMatMul& product, const Stored& b, const Stored& y, const float* by_y,
                const GemmFactor& a, float* by_b) {
  const GemmFactor a_transposed{a.values, a.stride, !a.transposed};
  if (product.transpose_b) {
    AddFloatProduct(b.rows, y.rows, b.columns, {by_y, y.columns, true}, a, by_b, b.columns);
  } else {
    AddFloatProduct(b.rows, y.rows, b.columns, a_transposed, {by_y, y.columns}, by_b, b.columns);
  }
}

}  // namespace

/// y = x W^T + b, clamped: dL/dx = G W, dL/dW = G^T x, dL/db = the sum of the rows of G, where G is
/// dL/dy before the clamp.
void FullyConnectedBackward(const Node& node, const NodeGradients& gradients) {
  if (gradients.by_outputs[0].empty()) return;
  std::vector<float> masked;
  const std::span<const float> by_y = BeforeActivation(node, gradients, masked);
  if (Wants(gradients, 2)) AddRowSums(by_y, gradients.by_inputs[2]);
  AddInnerProduct(gradients, by_y, 1);
}

/// Matrices that are repeated along leading axes collect the gradients of all their products.
void BatchMatMulBackward(const Node& node, const NodeGradients& gradients) {
  const BatchMatMul& product = *node.As<BatchMatMul>();
  if (gradients.by_outputs[0].empty()) return;
  const Shape &a_shape = gradients.inputs[0].shape(), &b_shape = gradients.inputs[1].shape();
  const Shape& y_shape = gradients.outputs[0].shape();
  const Stored a = StoredMatrix(a_shape), b = StoredMatrix(b_shape), y = StoredMatrix(y_shape);
  const float* a_values = gradients.inputs[0].Values<float>().data();
  const float* b_values = gradients.inputs[1].Values<float>().data();
  ForEachBroadcast<2>(
      LeadingAxes(y_shape), {LeadingAxes(a_shape), LeadingAxes(b_shape)},
      [&](size_t i, const std::array<size_t, 2>& at) {
        const float* by_y = gradients.by_outputs[0].data() + i * y.elements();
        const size_t a_at = at[0] * a.elements(), b_at = at[1] * b.elements();
        if (Wants(gradients, 0)) {
          AddToLeft(product, a, y, by_y, {b_values + b_at, b.columns, product.transpose_b},
                    &gradients.by_inputs[0][a_at]);
        }
        if (Wants(gradients, 1)) {
          AddToRight(product, b, y, by_y, {a_values + a_at, a.columns, product.transpose_a},
                     &gradients.by_inputs[1][b_at]);
        }
      });
}

}  // namespace qconvert
