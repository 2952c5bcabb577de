// Writes HardSigmoid with operators that TFLite has.
//
//     x -> HardSigmoid {alpha, beta}        x -> Mul 6 alpha -> Add 6 beta -> Relu6 -> Mul 1/6
//                                       =>
//     clip(alpha x + beta, 0, 1) = clip(6 alpha x + 6 beta, 0, 6) / 6
//
// The usual alpha of 1/6 needs no first Mul. Where a convolution computes x, fold-affine takes Mul
// and Add into its weights, so that a gate costs one convolution with a fused Relu6 and one Mul.
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scalar_arithmetic.h"

namespace qconvert {
namespace {

void LowerNode(Graph& graph, Node& node) {
  const HardSigmoid op = *node.As<HardSigmoid>();
  const auto number = [&](float value, const char* meaning) {
    return AddFloats(graph, node.origin + meaning, {}, {value});
  };
  const auto emit = [&](Operator next, std::vector<TensorId> inputs, const char* meaning) {
    return EmitBefore(graph, node, std::move(next), std::move(inputs), node.origin + meaning);
  };
  TensorId x = node.input(0);
  if (!IsAbout(6 * op.alpha, 1)) x = emit(Mul{}, {x, number(6 * op.alpha, "/alpha")}, "/scaled");
  x = emit(Add{}, {x, number(6 * op.beta, "/beta")}, "/shifted");
  x = emit(Relu6{}, {x}, "/clipped");
  Rewrite(graph, node, Mul{}, {x, number(1.0F / 6, "/sixth")});
}

}  // namespace

void LowerHardSigmoid(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<HardSigmoid>()) LowerNode(graph, node);
  });
}

}  // namespace qconvert
