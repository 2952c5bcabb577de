// Recognises the logistic function, and so SiLU, where an exporter wrote it out.
//
//     1 / (1 + exp(-x))        Logistic(x)
//     x / (1 + exp(-x))    =>  x Logistic(x)
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scalar_arithmetic.h"

namespace qconvert {
namespace {

/// Returns x when `id` is 1 + exp(-x), else kNoTensor.
TensorId LogisticArgument(const Graph& graph, TensorId id) {
  const AffineOfTensor sum = FollowAffine(graph, id);
  const Node* exp = graph.Producer(sum.x);
  if (exp == nullptr || !exp->Is<Exp>() || sum.scale != 1 || sum.shift != 1) return kNoTensor;
  const Node* negated = graph.Producer(exp->input(0));
  if (negated == nullptr) return kNoTensor;
  const TensorId operand = negated->Is<Neg>() || ScalarValue(graph, negated->input(1))
                               ? negated->input(0)
                               : negated->input(1);
  const AffineOfTensor argument = FollowAffine(graph, exp->input(0), operand);
  return argument.x == operand && argument.scale == -1 && argument.shift == 0 ? operand : kNoTensor;
}

void RecogniseNode(Graph& graph, Node& node) {
  const TensorId x = LogisticArgument(graph, node.input(1));
  if (x == kNoTensor || *FusedActivation(node.op) != Activation::kNone) return;
  const TensorId dividend = node.input(0);
  if (graph.tensor(x).shape != graph.tensor(node.output()).shape) return;
  if (UniformValue(graph, dividend) == 1.0F) {
    Rewrite(graph, node, Logistic{}, {x});
  } else {
    const TensorId gate = EmitBefore(graph, node, Logistic{}, {x}, node.origin + "/sigmoid");
    Rewrite(graph, node, Mul{}, {dividend, gate});
  }
}

}  // namespace

void RecogniseSigmoid(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<Div>()) RecogniseNode(graph, node);
  });
  DropDead(graph);
}

}  // namespace qconvert
