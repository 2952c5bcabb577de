#include "lib/passes/store_layouts.h"

#include <algorithm>
#include <utility>

#include "lib/graph/port_layout.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

class Storer {
 public:
  Storer(Graph& graph, const LayoutFamily& family) : graph_(graph), family_(family) {}

  void Store(const LayoutChoice& choice) {
    if (choice.node != nullptr) ApplyTo(*choice.node, *choice.relayout);
    if (choice.input >= 0) StoreInput(static_cast<size_t>(choice.input));
    if (choice.output >= 0) StoreOutput(static_cast<size_t>(choice.output));
  }

 private:
  void ApplyTo(Node& node, const Relayout& relayout) {
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      if (relayout.stored_operands[i]) StoreOperand(node, i, relayout.rank);
    }
    node.op = relayout.op;
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      const Permutation& perm = relayout.result_perms[i];
      if (std::is_sorted(perm.begin(), perm.end())) continue;
      const TensorId result = node.outputs()[i];
      const TensorId stored = AddStored(result, perm);
      graph_.SetOutput(node, i, stored);
      graph_.InsertAfter(node,
                         Node(graph_.tensor(result).name, Transpose{perm}, {stored}, {result}));
    }
  }

  void StoreOperand(Node& node, size_t i, size_t rank) {
    const std::string name = graph_.tensor(node.input(i)).name + "/nhwc";
    TensorId id = node.input(i);
    const Shape full = FullRank(graph_.tensor(id).shape, rank);
    if (graph_.tensor(id).shape != full)
      id = EmitBefore(graph_, node, Reshape{full}, {id}, name + "/full");
    const Operator inverse = Transpose{Inverse(family_.at(rank))};
    graph_.SetInput(node, i, EmitBefore(graph_, node, inverse, {id}, name));
  }

  /// Adds the tensor t' of t = Transpose {perm} of t'.
  TensorId AddStored(TensorId id, const Permutation& perm) {
    Tensor stored = graph_.tensor(id);
    stored.name += "/nhwc";
    stored.shape = PermuteShape(stored.shape, Inverse(perm));
    return graph_.AddTensor(std::move(stored));
  }

  void StoreInput(size_t i) {
    const TensorId old_id = graph_.inputs[i];
    const TensorId id = graph_.inputs[i] = AddStored(old_id, family_.at(4));
    graph_.SwapNames(id, old_id);
    NoteLayout(graph_, graph_.input_names[i], Layout::kNhwc);
    graph_.InsertBefore(graph_.nodes().front(),
                        Node(graph_.tensor(old_id).name, Transpose{family_.at(4)}, {id}, {old_id}));
  }

  void StoreOutput(size_t i) {
    const TensorId id = graph_.outputs[i];
    const Operator inverse = Transpose{Inverse(family_.at(4))};
    const std::string name = graph_.tensor(id).name + "/nhwc";
    graph_.outputs[i] = EmitAfter(graph_, graph_.nodes().back(), inverse, {id}, name);
    NoteLayout(graph_, graph_.output_names[i], Layout::kNhwc);
  }

  Graph& graph_;
  const LayoutFamily& family_;
};

}  // namespace

void StoreLayouts(const LayoutTerms& layouts, const LayoutFamily& family, Graph& graph) {
  Storer storer(graph, family);
  for (const auto& choice : layouts.choices) {
    if (choice->is_stored) storer.Store(*choice);
  }
  MergeMovements(graph);
  FoldConstants(graph);
  DropDead(graph);
}

}  // namespace qconvert
