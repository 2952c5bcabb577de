// Recognises HardSigmoid and HardSwish where an exporter wrote them out.
//
//     x -> Add 3 -> Relu6 -> Mul 1/6 -> y           HardSigmoid {1/6, 0.5}(x)
//     x -> Mul 0.2 -> Add 0.5 -> Relu0To1 -> y  =>  HardSigmoid {0.2, 0.5}(x)
//     x, Add 3 -> Relu6 of x -> Mul -> Mul 1/6      HardSwish(x)
//
//     scale clip(a x + b, 0, max) with scale max = 1 is clip(alpha x + beta, 0, 1),
//     alpha = scale a, beta = scale b;  hard_swish(x) = x clip(x/6 + 1/2, 0, 1)
#include <optional>

#include "lib/passes/clamp.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scalar_arithmetic.h"

namespace qconvert {
namespace {

/// clip(alpha x + beta, 0, 1)
struct HardSigmoidOf {
  TensorId x;
  HardSigmoid op;
};

/// Returns `scale` times the tensor `id` as a HardSigmoid of `stop`, or of whatever it is of.
std::optional<HardSigmoidOf> AsHardSigmoid(const Graph& graph, TensorId id, float scale,
                                           TensorId stop = kNoTensor) {
  const Node* node = graph.Producer(id);
  if (node == nullptr) return {};
  if (const auto* op = node->As<HardSigmoid>()) {
    if (!IsAbout(scale, 1)) return {};
    return HardSigmoidOf{node->input(0), *op};
  }
  const auto clamp = AsClamp(graph, *node);
  if (!clamp || clamp->ends.min != 0 || !IsAbout(scale * clamp->ends.max, 1)) return {};
  const AffineOfTensor argument = FollowAffine(graph, clamp->x, stop);
  if (argument.x == clamp->x) return {};  // a mere clamp
  return HardSigmoidOf{argument.x, {scale * argument.scale, scale * argument.shift}};
}

bool RecogniseHardSwish(Graph& graph, Node& node) {
  const Product product = TakeApart(graph, node.output());
  if (product.factors.size() != 2) return false;
  for (size_t i = 0; i < 2; ++i) {
    const TensorId x = product.factors[i];
    const auto gate = AsHardSigmoid(graph, product.factors[1 - i], product.scale, x);
    if (!gate || gate->x != x || !IsAbout(gate->op.alpha, 1.0 / 6)) continue;
    if (!IsAbout(gate->op.beta, 0.5)) continue;
    Rewrite(graph, node, HardSwish{}, {x});
    return true;
  }
  return false;
}

void RecogniseHardSigmoid(Graph& graph, Node& node) {
  const Product product = TakeApart(graph, node.output());
  if (product.factors.size() != 1) return;
  if (node.Is<HardSigmoid>()) return;
  const auto found = AsHardSigmoid(graph, product.factors[0], product.scale);
  if (found) Rewrite(graph, node, found->op, {found->x});
}

}  // namespace

void RecogniseHardSwish(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<Mul>()) RecogniseHardSwish(graph, node);
  });
  DropDead(graph);
  ForEachNode(graph, [&](Node& node) {
    if (node.outputs().size() == 1) RecogniseHardSigmoid(graph, node);
  });
  DropDead(graph);
}

}  // namespace qconvert
