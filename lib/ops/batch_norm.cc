// BatchNorm, which has no TFLite form: passes fold it, or make it a depthwise convolution.
#include <array>
#include <cmath>
#include <numeric>

#include "lib/base/error.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

void InferBatchNorm(const Node& node, std::span<const Tensor* const> inputs,
                    std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  if (!input.is_float()) FailOnType(node, input.type);
  for (size_t i = 1; i < 5; ++i) {
    const Tensor& operand = RequireInput(inputs, i);
    if (input.rank() == 0 || operand.shape != Shape{input.shape.back()} || !operand.is_float()) {
      Fail(ErrorKind::kUnusable, "an operand of shape " + ToText(operand.shape) +
                                     " does not fit an input of shape " + ToText(input.shape));
    }
  }
  outputs[0].type = input.type;
  outputs[0].shape = input.shape;
}

void EvaluateBatchNorm(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto x = inputs[0].Values<float>(), y = outputs[0].Values<float>();
  const auto scale = inputs[1].Values<float>(), offset = inputs[2].Values<float>();
  const auto mean = inputs[3].Values<float>(), variance = inputs[4].Values<float>();
  const auto epsilon = static_cast<double>(node.As<BatchNorm>()->epsilon);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = i % scale.size();
    const double deviation = std::sqrt(static_cast<double>(variance[c]) + epsilon);
    const double centred = static_cast<double>(x[i]) - static_cast<double>(mean[c]);
    y[i] = static_cast<float>(static_cast<double>(scale[c]) * centred / deviation +
                              static_cast<double>(offset[c]));
  }
}

/// y = s z + t with z = (x - m) r, r = 1 / sqrt(v + epsilon); with G = dL/dy: dL/dx = s r G, and,
/// summed over each channel, dL/ds = z G, dL/dt = G, dL/dm = -s r G, dL/dv = -s z r^2 G / 2.
void BatchNormBackward(const Node& node, const NodeGradients& gradients) {
  if (gradients.by_outputs[0].empty()) return;
  const auto x = gradients.inputs[0].Values<float>(), s = gradients.inputs[1].Values<float>();
  const auto m = gradients.inputs[3].Values<float>(), v = gradients.inputs[4].Values<float>();
  const double epsilon{node.As<BatchNorm>()->epsilon};
  std::array<std::vector<double>, 5> sums;
  for (std::vector<double>& its : sums) its.assign(s.size(), 0);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = i % s.size();
    const double r = 1 / std::sqrt(double{v[c]} + epsilon), z = (double{x[i]} - double{m[c]}) * r;
    const double by_y{gradients.by_outputs[0][i]}, by_z = double{s[c]} * by_y;
    if (Wants(gradients, 0)) gradients.by_inputs[0][i] += static_cast<float>(by_z * r);
    sums[1][c] += by_y * z;
    sums[2][c] += by_y;
    sums[3][c] -= by_z * r;
    sums[4][c] -= by_z * z * r * r / 2;
  }
  for (size_t k = 1; k < 5; ++k) AddSums(sums[k], gradients.by_inputs[k]);
}

/// Returns the permutation that moves axis 1 to the end.
std::vector<int> ChannelsLast(size_t rank) {
  std::vector<int> perm{0};
  for (size_t axis = 2; axis < rank; ++axis) perm.push_back(static_cast<int>(axis));
  perm.push_back(1);
  return perm;
}

std::vector<int> Inverse(const std::vector<int>& perm) {
  std::vector<int> inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i)
    inverse[static_cast<size_t>(perm[i])] = static_cast<int>(i);
  return inverse;
}

void ReadBatchNorm(OnnxNode& onnx) {
  if (onnx.Int("training_mode", 0) != 0) {
    onnx.Refuse("it is in training mode; export the network in eval mode");
  }
  for (size_t i = 1; i < onnx.output_count(); ++i) {
    if (onnx.HasOutput(i) && onnx.opset() >= 14) {
      onnx.Refuse("its statistics are read; export the network in eval mode");
    }
  }
  const size_t rank = onnx.InputTensor(0).rank();
  if (rank < 2) Fail(ErrorKind::kUnusable, "an input without a channel axis");
  const std::vector<int> perm = rank == 2 ? std::vector<int>{0, 1} : ChannelsLast(rank);
  const TensorId input = onnx.EmitTranspose(onnx.Input(0), perm);
  const TensorId y = onnx.Emit(BatchNorm{onnx.Float("epsilon", 1e-5F)},
                               {input, onnx.Input(1), onnx.Input(2), onnx.Input(3), onnx.Input(4)});
  onnx.SetOutput(0, onnx.EmitTranspose(y, Inverse(perm)));
}

constexpr OnnxSpelling kBatchNormOnnx[] = {{"BatchNormalization", 7, ReadBatchNorm}};

}  // namespace

constinit const Op kBatchNorm = {.name = BatchNorm::kName,
                                 .onnx = kBatchNormOnnx,
                                 .operands = {5, 5},
                                 .infer = InferBatchNorm,
                                 .evaluate = EvaluateBatchNorm,
                                 .backward = BatchNormBackward,
                                 .axes = LastAxis()};

}  // namespace qconvert
