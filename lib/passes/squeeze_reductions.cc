// Lets a reduction drop the axes that a Reshape would drop after it.
//
//     x [1,H,W,C] -> Mean {1,2, keep_dims} -> Reshape [1,C] -> y        x -> Mean {1,2} -> y
//                                                                   =>
#include <utility>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Returns the reduced axes and the flag that keeps them; nulls for other operators.
std::pair<const std::vector<int>*, bool*> ReductionOf(Operator& op) {
  return std::visit(
      [](auto& attributes) -> std::pair<const std::vector<int>*, bool*> {
        if constexpr (requires { attributes.keep_dims; }) {
          return {&attributes.axes, &attributes.keep_dims};
        }
        return {nullptr, nullptr};
      },
      op);
}

void SqueezeNode(Graph& graph, Node& reshape) {
  Node* reduction = graph.Producer(reshape.input(0));
  if (reduction == nullptr || graph.SoleConsumer(reduction->output()) == nullptr) return;
  const auto [axes, keep_dims] = ReductionOf(reduction->op);
  if (keep_dims == nullptr || !*keep_dims) return;
  Shape dropped = graph.tensor(reduction->output()).shape;
  for (auto axis = axes->rbegin(); axis != axes->rend(); ++axis) {
    dropped.erase(dropped.begin() + *axis);
  }
  if (dropped != graph.tensor(reshape.output()).shape) return;
  *keep_dims = false;
  Reinfer(graph, *reduction);
  Absorb(graph, *reduction, reshape);
}

}  // namespace

void SqueezeReductions(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<Reshape>()) SqueezeNode(graph, node);
  });
}

}  // namespace qconvert
