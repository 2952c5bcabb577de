// Bounds the numbers that mask scores in front of a softmax.
//
//     scores -> Add [0, -inf] -> Softmax        scores -> Add [0, -65536] -> Softmax
//     scores -> Where [c, -3e38] -> Softmax  => scores -> Where [c, -65536] -> Softmax
//     m -> Log -> Add scores -> Softmax         m -> Maximum least -> Log -> Add scores -> Softmax
//
// Steps of integers reach neither infinity nor far beyond it: two of the lowest numbers add up to
// -inf, and a product of 0 and -inf is NaN. Probabilities stay the same, because exp is 0 in
// float32 from -104 on. A row whose every score is masked becomes uniform, where -inf gives NaN.
// Float files keep what the model says, so the pass stands in no list.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lib/ops/op.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scores.h"

namespace qconvert {
namespace {

bool Masks(const Tensor& tensor) {
  if (!tensor.is_constant() || !tensor.is_float()) return false;
  const auto values = tensor.Values<float>();
  return std::any_of(values.begin(), values.end(), [](float v) { return std::abs(v) > kMask; });
}

void BoundConstant(Graph& graph, Node& node, size_t i) {
  const auto values = graph.tensor(node.input(i)).Values<float>();
  std::vector<float> bounded(values.begin(), values.end());
  for (float& value : bounded) value = std::clamp(value, -kMask, kMask);
  ReplaceFloats(graph, node, i, std::move(bounded));
}

void BoundLog(Graph& graph, Node& node) {
  const std::string name = graph.UniqueName(node.name + "/bounded");
  const TensorId least = AddFloats(graph, name + "/least", {}, {std::numeric_limits<float>::min()});
  graph.SetInput(node, 0, EmitBefore(graph, node, Maximum{}, {node.input(0), least}, name));
}

bool IsBias(const Node& node, size_t i) {
  return OpOf(node).quant.Operand(i).kind == OperandRule::kBias;
}

void BoundNode(Graph& graph, Node& node, bool scores) {
  if (scores && node.Is<Log>()) return BoundLog(graph, node);
  const bool sums = node.Is<Add>() || node.Is<Sub>() || node.Is<Mul>();
  for (size_t i = 0; scores && i < node.inputs().size(); ++i) {
    if (!node.has_input(i) || !(sums || IsBias(node, i) || Selects(node, i))) continue;
    if (Masks(graph.tensor(node.input(i)))) BoundConstant(graph, node, i);
  }
}

}  // namespace

void BoundMasks(Graph& graph) {
  const std::vector<bool> scores = FindScores(graph);
  for (Node& node : graph.nodes()) {
    const auto result = static_cast<size_t>(node.output());
    BoundNode(graph, node, result < scores.size() && scores[result]);
  }
}

}  // namespace qconvert
