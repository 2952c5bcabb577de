// Writes average pooling whose pads TFLite has no name for.
//
//     x -> AveragePool2D {pad p}        x -> Pad p -> AveragePool2D -> Mul c
//                                   =>
//     c[y,x] = filter_h filter_w / elements of the window at (y,x) that are not padding
//
// AveragePool2D leaves its own padding out of the count, but counts what a Pad adds; c, which is 1
// inside and greater at the edges, puts that right.
#include <algorithm>
#include <utility>

#include "lib/ops/window.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scalar_arithmetic.h"
#include "lib/passes/tflite_padding.h"

namespace qconvert {
namespace {

/// Returns how many elements that are not padding each window covers along one axis.
std::vector<int64_t> CountCovered(const WindowAxis& axis, int pad_before, int64_t outputs) {
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < outputs; ++i) {
    const int64_t first = i * axis.stride - pad_before;
    const int64_t end = std::min(first + axis.filter, axis.input);
    counts.push_back(std::max<int64_t>(end - std::max<int64_t>(first, 0), 0));
  }
  return counts;
}

std::vector<float> Corrections(const AveragePool2D& pool, const Shape& input, const Shape& output) {
  const Window& window = pool.window;
  const auto rows = CountCovered(AxisH(window, input[1], pool.filter_h), window.pad_top, output[1]);
  const auto columns =
      CountCovered(AxisW(window, input[2], pool.filter_w), window.pad_left, output[2]);
  std::vector<float> corrections;
  for (int64_t row_count : rows) {
    for (int64_t column_count : columns) {
      const int64_t covered = std::max<int64_t>(row_count * column_count, 1);  // of none: 0
      corrections.push_back(static_cast<float>(pool.filter_h * pool.filter_w) /
                            static_cast<float>(covered));
    }
  }
  return corrections;
}

void LowerNode(Graph& graph, Node& node) {
  AveragePool2D pool = *node.As<AveragePool2D>();
  const Shape input = graph.tensor(node.input(0)).shape;
  const Shape output = graph.tensor(node.output()).shape;
  if (IsTflitePadding(pool.window, input, pool.filter_h, pool.filter_w)) return;

  const TensorId factors =
      AddFloats(graph, node.origin + "/corrections", {1, output[1], output[2], 1},
                Corrections(pool, input, output));
  const Pad pad = ExplicitPads(pool.window, 0);
  const TensorId padded = EmitBefore(graph, node, pad, {node.input(0)}, node.origin + "/padded");
  pool.window = WithoutPads(pool.window);
  const Activation activation = std::exchange(pool.activation, Activation::kNone);
  const TensorId mean = EmitBefore(graph, node, pool, {padded}, node.origin + "/mean");
  Rewrite(graph, node, Mul{activation}, {mean, factors});
}

}  // namespace

void LowerAveragePool(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<AveragePool2D>()) LowerNode(graph, node);
  });
}

}  // namespace qconvert
