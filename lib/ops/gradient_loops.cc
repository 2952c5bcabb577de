#include "lib/ops/gradient_loops.h"

#include "lib/base/vectorize.h"
#include "lib/kernels/float_gemm.h"

namespace qconvert {
namespace {

QCONVERT_VECTORIZE
void Mask(const float* by_y, const float* y, size_t count, float lo, float hi, float* masked) {
  for (size_t i = 0; i < count; ++i) {
    const float above = lo < y[i] ? by_y[i] : 0.0F;
    masked[i] = y[i] < hi ? above : 0.0F;
  }
}

}  // namespace

std::span<const float> BeforeActivation(const Node& node, const NodeGradients& gradients,
                                        std::vector<float>& masked) {
  const std::span<const float> by_y = gradients.by_outputs[0];
  const Activation activation = FusedActivation(node.op);
  if (activation == Activation::kNone || by_y.empty()) return by_y;
  const auto [lo, hi] = ActivationRange(activation);
  const auto y = gradients.outputs[0].Values<float>();
  masked.resize(by_y.size());
  Mask(by_y.data(), y.data(), by_y.size(), lo, hi, masked.data());
  return masked;
}

void AddSums(std::span<const double> sums, std::span<float> gradient) {
  for (size_t i = 0; i < gradient.size(); ++i) gradient[i] += static_cast<float>(sums[i]);
}

void AddRowSums(std::span<const float> by_result, std::span<float> by_bias) {
  std::vector<double> sums(by_bias.size(), 0);
  for (size_t row = 0; row < by_result.size(); row += sums.size()) {
    for (size_t c = 0; c < sums.size(); ++c) sums[c] += double{by_result[row + c]};
  }
  AddSums(sums, by_bias);
}

void AddInnerProduct(const NodeGradients& gradients, std::span<const float> by_y, size_t groups) {
  const TensorView &x = gradients.inputs[0], &weights = gradients.inputs[1];
  const auto outputs = static_cast<size_t>(weights.shape()[0]);
  const size_t depth = static_cast<size_t>(weights.elements()) / outputs;
  const size_t rows = by_y.size() / outputs, part = outputs / groups, columns = groups * depth;
  for (size_t group = 0; group < groups; ++group) {
    const float* by = by_y.data() + group * part;
    const size_t first = group * depth, block = group * part * depth;
    if (Wants(gradients, 1)) {
      AddFloatProduct(part, rows, depth, {by, outputs, true},
                      {x.Values<float>().data() + first, columns},
                      gradients.by_inputs[1].data() + block, depth);
    }
    if (Wants(gradients, 0)) {
      AddFloatProduct(rows, part, depth, {by, outputs},
                      {weights.Values<float>().data() + block, depth},
                      gradients.by_inputs[0].data() + first, columns);
    }
  }
}

}  // namespace qconvert
