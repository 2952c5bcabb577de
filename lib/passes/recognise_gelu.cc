// Recognises Gelu where an exporter wrote it out, in any order of the factors.
//
//     x/sqrt(2) -> Erf -> Add 1 -> Mul x -> Mul 0.5        Gelu(x)
//                                                      =>
//     gelu(x) = x/2 (1 + erf(x / sqrt 2))
#include <cmath>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scalar_arithmetic.h"

namespace qconvert {
namespace {

/// Returns whether `id` is 1 + erf(x / sqrt 2).
bool IsErfOf(const Graph& graph, TensorId id, TensorId x) {
  const AffineOfTensor sum = FollowAffine(graph, id);
  const Node* erf = graph.Producer(sum.x);
  if (erf == nullptr || !erf->Is<Erf>() || sum.scale != 1 || sum.shift != 1) return false;
  const AffineOfTensor argument = FollowAffine(graph, erf->input(0), x);
  return argument.x == x && IsAbout(argument.scale, std::sqrt(0.5)) && argument.shift == 0;
}

void RecogniseNode(Graph& graph, Node& node) {
  const Product product = TakeApart(graph, node.output());
  if (product.factors.size() != 2 || !IsAbout(product.scale, 0.5)) return;
  for (size_t i = 0; i < 2; ++i) {
    const TensorId x = product.factors[i];
    if (!IsErfOf(graph, product.factors[1 - i], x)) continue;
    Rewrite(graph, node, Gelu{}, {x});
    return;
  }
}

}  // namespace

void RecogniseGelu(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<Mul>()) RecogniseNode(graph, node);
  });
  DropDead(graph);
}

}  // namespace qconvert
