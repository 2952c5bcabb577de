// Stores tensors channels last wherever that saves Transposes, then cancels what is left of them.
//
//     Conv2D -> Transpose -> Relu -> Transpose -> Conv2D        Conv2D -> Relu -> Conv2D
//     Conv2D -> Transpose -> Add -> Relu -> Transpose ->    =>  Conv2D -> Add -> Relu ->
//     Conv2D -> Transpose ---^                                  Conv2D ---^
//
// The importer writes each spatial operator between two Transposes. Only chains and counts matter
// here: see choose_layouts.cc. Other orders that Transposes of the model itself ask for come after;
// each step makes the graph cheaper, so there is an end.
#include <algorithm>
#include <set>

#include "lib/passes/choose_layouts.h"
#include "lib/passes/passes.h"

namespace qconvert {
namespace {

std::set<Permutation> PermutationsIn(const Graph& graph) {
  std::set<Permutation> permutations;
  for (const Node& node : graph.nodes()) {
    const auto* transpose = node.As<Transpose>();
    if (transpose == nullptr) continue;
    permutations.insert(transpose->perm);
    permutations.insert(Inverse(transpose->perm));
  }
  return permutations;
}

bool ImproveOnce(Graph& graph) {
  const std::set<Permutation> permutations = PermutationsIn(graph);
  return std::any_of(permutations.begin(), permutations.end(), [&](const Permutation& perm) {
    return ChooseLayouts(graph, {{perm.size(), perm}}, {});
  });
}

}  // namespace

void CancelTransposes(Graph& graph) {
  MergeMovements(graph);
  FoldConstants(graph);
  ChooseLayouts(graph, ChannelsLast(), {.prefer_stored = true});
  while (ImproveOnce(graph)) {
  }
}

}  // namespace qconvert
