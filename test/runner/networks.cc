#include "test/runner/networks.h"

#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

Tensor Int8Weights(const std::string& name, Shape shape, int axis, std::vector<float> scales) {
  const auto count = static_cast<size_t>(NumElements(shape));
  Tensor weights = MakeConstantTensor(name, std::move(shape), RandomInt8(count, 5, -127, 127));
  weights.quant = QuantParams{scales, std::vector<int32_t>(scales.size(), 0), axis};
  return weights;
}

}  // namespace

Graph FloatNetwork() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 12, 12, 3});
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  const TensorId c1 = b.Emit(Conv2D{same, Activation::kRelu},
                             {x, b.Random("w1", {16, 3, 3, 3}), b.Random("b1", {16})});
  const TensorId c2 = b.Emit(DepthwiseConv2D{same, Activation::kRelu6},
                             {c1, b.Random("w2", {1, 3, 3, 16}), b.Random("b2", {16})});
  const TensorId sum = b.Emit(Add{}, {c1, c2});
  const Window halve{.stride_h = 2, .stride_w = 2};
  const TensorId pool = b.Emit(MaxPool2D{2, 2, halve}, {sum});
  const TensorId flat = b.Emit(Reshape{{1, 576}}, {pool});
  const TensorId logits = b.Emit(FullyConnected{}, {flat, b.Random("w3", {10, 576}, -0.1F, 0.1F)});
  return b.Output(b.Emit(Softmax{}, {logits}, "y")).Build();
}

Graph IntegerNetwork() {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.05F, -10), wide = PerLayer(0.4F, 3);
  const TensorId x = b.Input("x", {1, 8, 8, 4}, ElementType::kInt8, quant);
  const std::vector<float> scales = {0.01F, 0.02F, 0.005F, 0.015F, 0.01F, 0.03F};
  const TensorId w = b.Add(Int8Weights("w", {6, 3, 3, 4}, 0, scales));
  Tensor bias = MakeConstantTensor("b", {6}, std::vector<int32_t>{100, -500, 3, 0, 9000, -70});
  bias.quant = QuantParams{scales, {0, 0, 0, 0, 0, 0}, 0};
  for (float& scale : bias.quant->scales) scale *= 0.05F;
  const TensorId c = b.Emit(Conv2D{}, {x, w, b.Add(bias)}, "c", ElementType::kInt8, wide);
  const TensorId p =
      b.Emit(MaxPool2D{2, 2, {.stride_h = 2, .stride_w = 2}}, {c}, "p", ElementType::kInt8, wide);
  return b.Output(b.Emit(Reshape{{1, 54}}, {p}, "y", ElementType::kInt8, wide)).Build();
}

}  // namespace qconvert
