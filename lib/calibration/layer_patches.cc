#include "lib/calibration/layer_patches.h"

#include <algorithm>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

bool HasWeights(const Node& node) {
  return node.inputs().size() > 1 && OpOf(node).quant.Operand(1).kind == OperandRule::kWeight;
}

const Window* WindowOf(const Node& node) {
  if (const auto* conv = node.As<Conv2D>()) return &conv->window;
  if (const auto* conv = node.As<DepthwiseConv2D>()) return &conv->window;
  if (const auto* conv = node.As<TransposeConv2D>()) return &conv->window;
  return nullptr;
}

}  // namespace

std::vector<Subject> Layers(const Graph& graph) {
  std::vector<Subject> layers;
  for (const Node& node : graph.nodes()) {
    if (!HasWeights(node)) continue;
    const Tensor& input = graph.tensor(node.input(0));
    const bool observed = input.is_float() && !input.is_constant() && input.elements() > 0;
    if (observed) layers.push_back({node.name, node.input(0), &node});
  }
  return layers;
}

int64_t LayerPatches::Axis::Meets(int64_t place, int64_t tap) const {
  if (transposed) {
    const int64_t scaled = place + pad - tap * dilation;
    return scaled >= 0 && scaled % stride == 0 && scaled / stride < input ? scaled / stride : -1;
  }
  const int64_t met = place * stride + tap * dilation - pad;
  return met >= 0 && met < input ? met : -1;
}

LayerPatches::LayerPatches(const Graph& graph, const Node& layer) {
  const Shape& input = graph.tensor(layer.input(0)).shape;
  const Shape& weights = graph.tensor(layer.input(1)).shape;
  const Shape& output = graph.tensor(layer.output()).shape;
  const int64_t channels = input.back();
  depth_ = static_cast<size_t>(layer.Is<DepthwiseConv2D>() ? 1 : weights.back());
  groups_ = static_cast<size_t>(channels) / depth_;
  positions_ = static_cast<size_t>(NumElements(output) / output.back());
  if (const Window* window = WindowOf(layer)) SetWindow(*window, input, weights, output);
  h_.transposed = w_.transposed = layer.Is<TransposeConv2D>();
}

void LayerPatches::SetWindow(const Window& window, const Shape& input, const Shape& weights,
                             const Shape& output) {
  h_ = {input[1], weights[1], output[1], window.stride_h, window.dilation_h, window.pad_top};
  w_ = {input[2], weights[2], output[2], window.stride_w, window.dilation_w, window.pad_left};
  taps_ = static_cast<size_t>(weights[1] * weights[2]);
}

void LayerPatches::Copy(std::span<const float> input, size_t position,
                        std::span<float> patch) const {
  std::fill(patch.begin(), patch.end(), 0.0F);
  const auto at = static_cast<int64_t>(position);
  const int64_t x = at % w_.output, y = at / w_.output % h_.output;
  const int64_t n = at / (w_.output * h_.output);
  for (size_t tap = 0; tap < taps_; ++tap) {
    const int64_t row = h_.Meets(y, static_cast<int64_t>(tap) / w_.filter);
    const int64_t column = w_.Meets(x, static_cast<int64_t>(tap) % w_.filter);
    if (row < 0 || column < 0) continue;
    const auto pixel = static_cast<size_t>((n * h_.input + row) * w_.input + column);
    const float* values = input.data() + pixel * groups_ * depth_;
    for (size_t g = 0; g < groups_; ++g) {
      std::copy_n(values + g * depth_, depth_,
                  patch.begin() + static_cast<std::ptrdiff_t>((g * taps_ + tap) * depth_));
    }
  }
}

}  // namespace qconvert
