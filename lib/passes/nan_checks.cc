// Exporters ask whether probabilities are NaN, to find rows whose every score is masked by -inf:
//
//     scores -> Softmax -> p -> NotEqual p -> Select [0, p]
//
// Bounded masks (BoundMasks) leave no such row, so DropNanChecks gives p to the readers of Select.
// LiteRT's Softmax gives no NaN either, so a float file asks the scores (FindMaskedRows):
//
//     scores -> ReduceMax -> Abs -> GreaterEqual [largest number] -> Select [0, p]
//
// Not Equal [-inf], for LiteRT's sums end at the lowest number.
#include <algorithm>
#include <limits>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Returns the Softmax whose result a node compares with itself, else null.
const Node* CheckedSoftmax(const Graph& graph, const Node& node) {
  if (!node.Is<NotEqual>() || node.input(0) != node.input(1)) return nullptr;
  const Node* softmax = graph.Producer(node.input(0));
  return softmax != nullptr && softmax->Is<Softmax>() ? softmax : nullptr;
}

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
    if (check == nullptr || CheckedSoftmax(graph, *check) == nullptr) return;
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
