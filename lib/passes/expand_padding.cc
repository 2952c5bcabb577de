// Makes pads explicit that TFLite has no name for: a file says SAME or VALID.
//
//     x -> Conv2D {pad p}        x -> Pad p {0} -> Conv2D
//     x -> MaxPool2D {pad p}  => x -> Pad p {lowest} -> MaxPool2D
//     x -> TransposeConv2D {pad p}  =>  x -> TransposeConv2D -> StridedSlice that crops p
//
// Quantized tensors keep their parameters: zero is their zero point, the lowest their -128.
#include <algorithm>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/tflite_padding.h"

namespace qconvert {
namespace {

void ExpandWindow(Graph& graph, Node& node, Window& window, int64_t filter_h, int64_t filter_w,
                  float value) {
  const Tensor& input = graph.tensor(node.input(0));
  const Sliding down = SlidingDown(window, input.shape[1], filter_h);
  const Sliding along = SlidingAlong(window, input.shape[2], filter_w);
  if (IsTflitePadding(down, along)) return;
  const Pad pad{
      {0, down.pad_before, along.pad_before, 0}, {0, down.pad_after, along.pad_after, 0}, value};
  window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = 0;
  graph.SetInput(node, 0, EmitBefore(graph, node, pad, {node.input(0)}, node.name + "/padded"));
}

/// The pads of a TransposeConv2D are SAME's when they are those of the convolution that would lead
/// from its output back to its input.
bool IsSameBackwards(const Window& window, const Shape& output, const Shape& weights) {
  return IsSame(SlidingDown(window, output[1], weights[1])) &&
         IsSame(SlidingAlong(window, output[2], weights[2]));
}

void ExpandTransposeConv(Graph& graph, Node& node) {
  auto& conv = *node.As<TransposeConv2D>();
  Window& window = conv.window;
  const Tensor cropped = graph.tensor(node.output());
  const bool has_pads =
      window.pad_top != 0 || window.pad_left != 0 || window.pad_bottom > 0 || window.pad_right > 0;
  if (!has_pads) return;
  if (IsSameBackwards(window, cropped.shape, graph.tensor(node.input(1)).shape)) return;

  const StridedSlice crop{{0, window.pad_top, window.pad_left, 0}, {1, 1, 1, 1}, cropped.shape};
  conv.output_h += window.pad_top + std::max(window.pad_bottom, 0);
  conv.output_w += window.pad_left + std::max(window.pad_right, 0);
  window.pad_top = window.pad_left = 0;
  window.pad_bottom = std::min(window.pad_bottom, 0);
  window.pad_right = std::min(window.pad_right, 0);
  Tensor full = cropped;
  full.name += "/full";
  full.shape = {cropped.shape[0], conv.output_h, conv.output_w, cropped.shape[3]};
  const TensorId result = node.output();
  graph.SetOutput(node, 0, graph.AddTensor(std::move(full)));
  graph.InsertAfter(node, Node(cropped.name, crop, {node.output()}, {result}));
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
