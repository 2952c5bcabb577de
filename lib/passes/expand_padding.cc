// Makes pads explicit that TFLite has no name for: a file says SAME or VALID.
//
//     x -> Conv2D {pad p}        x -> Pad p {0} -> Conv2D
//     x -> MaxPool2D {pad p}  => x -> Pad p {lowest} -> MaxPool2D
//     x -> TransposeConv2D {pad p}  =>  x -> TransposeConv2D -> StridedSlice that crops p
//
// Quantized tensors keep their parameters: zero is their zero point, the lowest their -128.
#include <algorithm>
#include <utility>

#include "lib/ops/window.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/tflite_padding.h"

namespace qconvert {
namespace {

void ExpandWindow(Graph& graph, Node& node, Window& window, int64_t filter_h, int64_t filter_w,
                  float value) {
  const Shape& input = graph.tensor(node.input(0)).shape;
  if (IsTflitePadding(window, input, filter_h, filter_w)) return;
  const Pad pad = ExplicitPads(window, value);
  window = WithoutPads(window);
  graph.SetInput(node, 0, EmitBefore(graph, node, pad, {node.input(0)}, node.name + "/padded"));
}

/// Returns whether the file's form, which derives the pads from the output as the input of a
/// convolution that leads back, gives these.
bool IsTfliteTransposed(const TransposeConv2D& conv, const Shape& weights) {
  const Window& window = conv.window;
  const bool valid = window.pad_top == 0 && window.pad_left == 0;
  return valid || (window.pad_top == SamePads(AxisH(window, conv.output_h, weights[1])).before &&
                   window.pad_left == SamePads(AxisW(window, conv.output_w, weights[2])).before);
}

void ExpandTransposeConv(Graph& graph, Node& node) {
  auto& conv = *node.As<TransposeConv2D>();
  const Shape &input = graph.tensor(node.input(0)).shape, &w = graph.tensor(node.input(1)).shape;
  if (IsTfliteTransposed(conv, w)) return;

  const TensorId result = node.output();
  Tensor full = graph.tensor(result);
  const StridedSlice crop{
      {0, conv.window.pad_top, conv.window.pad_left, 0}, {1, 1, 1, 1}, full.shape};
  const auto scattered_h = static_cast<int>((input[1] - 1) * conv.window.stride_h + w[1]);
  const auto scattered_w = static_cast<int>((input[2] - 1) * conv.window.stride_w + w[2]);
  conv.output_h = std::max(scattered_h, conv.output_h + conv.window.pad_top);
  conv.output_w = std::max(scattered_w, conv.output_w + conv.window.pad_left);
  conv.window = WithoutPads(conv.window);
  conv.window.pad_bottom = scattered_h - conv.output_h;
  conv.window.pad_right = scattered_w - conv.output_w;
  full.name += "/full";
  full.shape = {full.shape[0], conv.output_h, conv.output_w, full.shape[3]};
  graph.SetOutput(node, 0, graph.AddTensor(std::move(full)));
  graph.InsertAfter(node, Node(graph.tensor(result).name, crop, {node.output()}, {result}));
}

void ExpandNode(Graph& graph, Node& node) {
  if (auto* conv = node.As<Conv2D>()) {
    const Shape& weights = graph.tensor(node.input(1)).shape;
    ExpandWindow(graph, node, conv->window, weights[1], weights[2], 0);
  } else if (auto* depthwise = node.As<DepthwiseConv2D>()) {
    const Shape& weights = graph.tensor(node.input(1)).shape;
    ExpandWindow(graph, node, depthwise->window, weights[1], weights[2], 0);
  } else if (auto* pool = node.As<MaxPool2D>()) {
    const float lowest = LowestReal(graph.tensor(node.input(0)));
    ExpandWindow(graph, node, pool->window, pool->filter_h, pool->filter_w, lowest);
  } else if (node.Is<TransposeConv2D>()) {
    ExpandTransposeConv(graph, node);
  }
}

}  // namespace

void ExpandPadding(Graph& graph) {
  ForEachNode(graph, [&](Node& node) { ExpandNode(graph, node); });
}

}  // namespace qconvert
