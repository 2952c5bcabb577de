#include "lib/evaluation/weight_comparison.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "lib/evaluation/comparison.h"
#include "lib/ops/op.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Returns the reals that a constant stands for; nothing when it stands for none.
std::vector<float> RealsOf(const Tensor& constant) {
  if (!constant.is_float() && !constant.quant) return {};
  if (constant.is_float()) {
    const auto values = constant.Values<float>();
    return {values.begin(), values.end()};
  }
  Graph graph;
  const TensorId integers = graph.AddTensor(constant),
                 reals = graph.AddTensor({"reals", ElementType::kFloat32, constant.shape});
  graph.outputs = {reals};
  Evaluate(graph, graph.Append(Node("reals", Dequantize{}, {integers}, {reals})));
  const auto values = graph.tensor(graph.outputs.front()).Values<float>();
  return {values.begin(), values.end()};
}

/// Returns which operand of a node is its weights, as constants; nothing: none is.
std::optional<size_t> WeightsOf(const Graph& graph, const Node& node) {
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    const bool weights = OpOf(node).quant.Operand(i).kind == OperandRule::kWeight;
    if (weights && node.has_input(i) && graph.tensor(node.input(i)).is_constant()) return i;
  }
  return std::nullopt;
}

/// Returns the node that computes a tensor, perhaps as the integers in front of a Dequantize.
const Node* ComputingNode(const Graph& graph, TensorId id) {
  const Node* node = graph.Producer(id);
  return node != nullptr && node->Is<Dequantize>() ? graph.Producer(node->input(0)) : node;
}

std::optional<WeightComparison> CompareLayer(const LayerPair& pair, const Graph& reference,
                                             const Graph& candidate) {
  const Node* partner = ComputingNode(candidate, pair.candidate);
  const std::optional<size_t> operand = WeightsOf(reference, *pair.node);
  if (!operand || partner == nullptr || partner->op.index() != pair.node->op.index()) return {};
  if (WeightsOf(candidate, *partner) != operand) return {};
  const std::vector<float> own = RealsOf(reference.tensor(pair.node->input(*operand))),
                           other = RealsOf(candidate.tensor(partner->input(*operand)));
  if (own.empty() || own.size() != other.size()) return {};
  WeightComparison result;
  const auto [min, max] = std::minmax_element(own.begin(), own.end());
  if (!(*min < *max)) return {};
  result.min = *min;
  result.max = *max;
  result.histogram.Add(own, other, *min, *max);
  result.errors.Add(own, other);
  return result;
}

}  // namespace

std::map<std::string, WeightComparison> CompareWeights(const Graph& reference,
                                                       const Graph& candidate) {
  std::map<std::string, WeightComparison> weights;
  for (const LayerPair& pair : PairLayers(reference, candidate)) {
    const auto layer = CompareLayer(pair, reference, candidate);
    if (layer) weights.emplace(pair.node->name, *layer);
  }
  return weights;
}

}  // namespace qconvert
