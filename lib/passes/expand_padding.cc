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
  graph.SetInput(node, 0, EmitBefore(graph, node, pad, {node.input(0)}, node.origin + "/padded"));
}

/// One axis of a transposed convolution that crops nothing, from which the wanted part is cut.
struct FullAxis {
  int zeros;   ///< that follow the operand
  int output;  ///< VALID's: at most a stride minus 1 beyond what the filters reach
};

/// Returns the axis whose result reaches `wanted`. What no filter reaches is the bias, as it is
/// where the filters meet zeros.
FullAxis ReachingTo(int64_t wanted, int64_t input, int64_t filter, int stride) {
  const int64_t reached = (input - 1) * stride + filter;
  const int64_t zeros = std::max<int64_t>(wanted - reached, 0) / stride;
  return {static_cast<int>(zeros),
          static_cast<int>(std::max<int64_t>(reached + zeros * stride, wanted))};
}

void PadEnd(Graph& graph, Node& node, int rows, int columns) {
  if (rows == 0 && columns == 0) return;
  const Pad pad{{0, 0, 0, 0}, {0, rows, columns, 0}, 0};
  graph.SetInput(node, 0, EmitBefore(graph, node, pad, {node.input(0)}, node.origin + "/padded"));
}

void ExpandTransposeConv(Graph& graph, Node& node) {
  auto& conv = *node.As<TransposeConv2D>();
  Window& window = conv.window;
  const Shape input = graph.tensor(node.input(0)).shape, w = graph.tensor(node.input(1)).shape;
  if (IsTransposedValid(conv, input, w) || IsTransposedSame(conv, input, w)) return;

  const TensorId result = node.output();
  Tensor full = graph.tensor(result);
  const StridedSlice crop{{0, window.pad_top, window.pad_left, 0}, {1, 1, 1, 1}, full.shape};
  const FullAxis rows = ReachingTo(crop.begin[1] + conv.output_h, input[1], w[1], window.stride_h);
  const FullAxis columns =
      ReachingTo(crop.begin[2] + conv.output_w, input[2], w[2], window.stride_w);
  PadEnd(graph, node, rows.zeros, columns.zeros);
  conv.output_h = rows.output;
  conv.output_w = columns.output;
  window = WithoutPads(window);
  if (full.shape[1] == rows.output && full.shape[2] == columns.output) return;
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
