// Folds a Pad of H and W into the windows that slide over its result.
//
//     x -> Pad {0} -> Conv2D {pad p}          x -> Conv2D {pad p + the Pad's}
//     x -> Pad {lowest} -> MaxPool2D      =>  x -> MaxPool2D {pad}
//
// Convolutions pad with zeros. MaxPool2D leaves padding out, so it takes a Pad that never wins: of
// the lowest number, or of 0 where no element is below it, as long as each window sees an element.
// AveragePool2D counts what a Pad adds but not its own padding: it keeps the Pad.
#include <algorithm>

#include "lib/ops/op.h"
#include "lib/passes/clamp.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Probabilities have fixed parameters, whose lowest number stands for 0.
bool IsNonNegative(Graph& graph, TensorId id) {
  const Node* producer = graph.Producer(id);
  if (producer == nullptr) return false;
  const Activation fused = FusedActivation(producer->op);
  const auto clamp = AsClamp(graph, *producer);
  const OperandRule& rule = OpOf(*producer).quant.result;
  return ActivationRange(fused).min >= 0 || (clamp && clamp->ends.min >= 0) ||
         (rule.kind == OperandRule::kFixed && rule.int8.zero_point == kInt8Limits.min);
}

bool PadsOnlyWindows(const Pad& pad) {
  const auto is_negative = [](int64_t amount) { return amount < 0; };
  return pad.before.size() == 4 && pad.before[0] == 0 && pad.after[0] == 0 && pad.before[3] == 0 &&
         pad.after[3] == 0 && std::none_of(pad.before.begin(), pad.before.end(), is_negative) &&
         std::none_of(pad.after.begin(), pad.after.end(), is_negative);
}

void AddPads(Window& window, const Pad& pad) {
  window.pad_top += static_cast<int>(pad.before[1]);
  window.pad_bottom += static_cast<int>(pad.after[1]);
  window.pad_left += static_cast<int>(pad.before[2]);
  window.pad_right += static_cast<int>(pad.after[2]);
}

/// Returns whether every window sees at least one element that is not padding.
bool SeesElements(const MaxPool2D& pool) {
  const Window& window = pool.window;
  return std::max(window.pad_top, window.pad_bottom) < pool.filter_h &&
         std::max(window.pad_left, window.pad_right) < pool.filter_w;
}

bool FoldInto(Graph& graph, const Node& pad_node, Node& reader) {
  const Pad& pad = *pad_node.As<Pad>();
  auto* conv = reader.As<Conv2D>();
  auto* depthwise = reader.As<DepthwiseConv2D>();
  if ((conv != nullptr || depthwise != nullptr) && pad.value == 0) {
    AddPads(conv != nullptr ? conv->window : depthwise->window, pad);
    return true;
  }
  auto* pool = reader.As<MaxPool2D>();
  if (pool == nullptr) return false;
  const TensorId x = pad_node.input(0);
  const bool never_wins = pad.value <= LowestReal(graph.tensor(x)) ||
                          (pad.value == 0 && !graph.tensor(x).quant && IsNonNegative(graph, x));
  MaxPool2D padded = *pool;
  AddPads(padded.window, pad);
  if (!never_wins || !SeesElements(padded)) return false;
  *pool = padded;
  return true;
}

void FoldPadNode(Graph& graph, Node& node) {
  const Pad* pad = node.As<Pad>();
  if (pad == nullptr || !PadsOnlyWindows(*pad)) return;
  for (Node* reader : graph.Consumers(node.output())) {
    if (reader->input(0) == node.output() && FoldInto(graph, node, *reader)) {
      graph.SetInput(*reader, 0, node.input(0));
    }
  }
  if (!graph.IsUsed(node.output())) graph.Remove(node);
}

}  // namespace

void FoldPad(Graph& graph) {
  ForEachNode(graph, [&](Node& node) { FoldPadNode(graph, node); });
}

}  // namespace qconvert
