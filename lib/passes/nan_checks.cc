// Exporters ask whether probabilities are NaN, to find rows whose every score is masked by -inf:
//
//     scores -> Softmax -> p -> NotEqual p -> Select [0, p]
//
// Bounded masks (BoundMasks) leave no such row, so DropNanChecks gives p to the readers of Select.
// A mask that is an input of the model is not bounded: its check stays. LiteRT's Softmax gives no
// NaN either, so a float file asks the scores (FindMaskedRows):
//
//     scores -> ReduceMax -> Abs -> GreaterEqual [largest number] -> Select [0, p]
//
// Not Equal [-inf], for LiteRT's sums end at the lowest number.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scores.h"

namespace qconvert {
namespace {

/// Returns the Softmax whose result a node compares with itself, else null.
const Node* CheckedSoftmax(const Graph& graph, const Node& node) {
  if (!node.Is<NotEqual>() || node.input(0) != node.input(1)) return nullptr;
  const Node* softmax = graph.Producer(node.input(0));
  return softmax != nullptr && softmax->Is<Softmax>() ? softmax : nullptr;
}

/// Finds out whether sums of scores hold infinity: of a constant or of the model's input.
class InfinityFinder {
 public:
  explicit InfinityFinder(const Graph& graph)
      : graph_(graph), seen_(static_cast<size_t>(graph.tensor_count())) {}

  bool MayBeInfinite(TensorId id) {
    if (seen_[static_cast<size_t>(id)]) return false;
    seen_[static_cast<size_t>(id)] = true;
    const Node* node = graph_.Producer(id);
    if (node == nullptr) return !IsFiniteConstant(graph_.tensor(id));
    const bool sums = node->Is<Add>() || node->Is<Sub>();
    for (size_t i = 0; i < node->inputs().size(); ++i) {
      if (!node->has_input(i) || !(sums || Selects(*node, i))) continue;
      if (MayBeInfinite(node->input(i))) return true;
    }
    return false;
  }

 private:
  static bool IsFiniteConstant(const Tensor& tensor) {
    return tensor.is_constant() && tensor.is_float() &&
           std::ranges::all_of(tensor.Values<float>(), [](float v) { return std::isfinite(v); });
  }

  const Graph& graph_;
  std::vector<bool> seen_;
};

/// Returns whether the node's result does nothing but choose.
bool OnlyChooses(const Graph& graph, const Node& node) {
  const TensorId id = node.output();
  if (std::ranges::find(graph.outputs, id) != graph.outputs.end()) return false;
  return std::ranges::all_of(graph.Consumers(id), [&](const Node* reader) {
    return reader->Is<Select>() && reader->input(0) == id;
  });
}

void AskScores(Graph& graph, Node& check, TensorId scores) {
  const Tensor& tensor = graph.tensor(scores);
  const std::string name = graph.UniqueName(check.name + "/masked");
  const int last = static_cast<int>(tensor.rank()) - 1;
  const TensorId bound =
      AddFloats(graph, name + "/largest", {}, {std::numeric_limits<float>::max()});
  const TensorId largest =
      EmitBefore(graph, check, ReduceMax{{last}, true}, {scores}, name + "/max");
  const TensorId size = EmitBefore(graph, check, Abs{}, {largest}, name + "/abs");
  const TensorId masked = EmitBefore(graph, check, GreaterEqual{}, {size, bound}, name);
  graph.Replace(check, masked);
}

}  // namespace

void DropNanChecks(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (!node.Is<Select>()) return;
    const Node* check = graph.Producer(node.input(0));
    const Node* softmax = check == nullptr ? nullptr : CheckedSoftmax(graph, *check);
    if (softmax == nullptr || InfinityFinder(graph).MayBeInfinite(softmax->input(0))) return;
    const TensorId otherwise = node.input(2);
    if (graph.tensor(otherwise).shape != graph.tensor(node.output()).shape) return;
    graph.Replace(node, otherwise);
  });
  DropDead(graph);
}

void FindMaskedRows(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    const Node* softmax = CheckedSoftmax(graph, node);
    if (softmax == nullptr || !OnlyChooses(graph, node)) return;
    if (graph.tensor(softmax->input(0)).is_float()) AskScores(graph, node, softmax->input(0));
  });
}

}  // namespace qconvert
