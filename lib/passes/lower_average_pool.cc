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

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scalar_arithmetic.h"
#include "lib/passes/tflite_padding.h"

namespace qconvert {
namespace {

/// Returns how many elements that are not padding each window covers along one axis.
std::vector<int64_t> CountCovered(const Sliding& sliding, int64_t outputs) {
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < outputs; ++i) {
    const int64_t first = i * sliding.stride - sliding.pad_before;
    const int64_t end = std::min(first + sliding.filter, sliding.input);
    counts.push_back(std::max<int64_t>(end - std::max<int64_t>(first, 0), 0));
  }
  return counts;
}

std::vector<float> Corrections(const Sliding& down, const Sliding& along, const Shape& output) {
  std::vector<float> corrections;
  const float filter = static_cast<float>(down.filter * along.filter);
  for (int64_t rows : CountCovered(down, output[1])) {
    for (int64_t columns : CountCovered(along, output[2])) {
      const int64_t covered = std::max<int64_t>(rows * columns, 1);  // of nothing, the mean is 0
      corrections.push_back(filter / static_cast<float>(covered));
    }
  }
  return corrections;
}

void LowerNode(Graph& graph, Node& node) {
  AveragePool2D pool = *node.As<AveragePool2D>();
  const Shape& input = graph.tensor(node.input(0)).shape;
  const Shape& output = graph.tensor(node.output()).shape;
  const Sliding down = SlidingDown(pool.window, input[1], pool.filter_h);
  const Sliding along = SlidingAlong(pool.window, input[2], pool.filter_w);
  if (IsTflitePadding(down, along)) return;

  const TensorId factors =
      AddFloats(graph, node.name + "/corrections", {1, output[1], output[2], 1},
                Corrections(down, along, output));
  const Pad pad{{0, down.pad_before, along.pad_before, 0}, {0, down.pad_after, along.pad_after, 0}};
  const TensorId padded = EmitBefore(graph, node, pad, {node.input(0)}, node.name + "/padded");
  Window& window = pool.window;
  window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = 0;
  const Activation activation = std::exchange(pool.activation, Activation::kNone);
  const TensorId mean = EmitBefore(graph, node, pool, {padded}, node.name + "/mean");
  Rewrite(graph, node, Mul{activation}, {mean, factors});
}

}  // namespace

void LowerAveragePool(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<AveragePool2D>()) LowerNode(graph, node);
  });
}

}  // namespace qconvert
