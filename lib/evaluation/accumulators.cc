#include "lib/evaluation/accumulators.h"

#include <algorithm>
#include <bit>

#include "lib/evaluation/demands.h"
#include "lib/ops/op.h"
#include "lib/quantization/accumulator.h"

namespace qconvert {
namespace {

bool IsInt8(const Graph& graph, TensorId id) {
  return id != kNoTensor && graph.tensor(id).type == ElementType::kInt8 && graph.tensor(id).quant;
}

/// Returns the bound of products with constant weights, operand 1.
int64_t SumOfWeights(const Graph& graph, const Node& node, int axis) {
  const std::vector<int64_t> sums = LargestSums(
      graph.tensor(node.input(1)), axis, node.has_input(2) ? &graph.tensor(node.input(2)) : nullptr,
      LargestInput(graph.tensor(node.input(0))));
  return sums.empty() ? 0 : *std::ranges::max_element(sums);
}

/// Returns the bound of products of two activations.
int64_t SumOfProducts(const Graph& graph, const Node& node) {
  const int64_t results = std::max<int64_t>(1, graph.tensor(node.output()).elements());
  return MultiplyAdds(graph, node) / results * LargestInput(graph.tensor(node.input(0))) *
         LargestInput(graph.tensor(node.input(1)));
}

}  // namespace

int LayerAccumulator::bits() const {
  return std::bit_width(static_cast<uint64_t>(largest_sum)) + 1;
}

std::vector<LayerAccumulator> AccumulatorsOf(const Graph& graph) {
  std::vector<LayerAccumulator> layers;
  for (const Node& node : graph.nodes()) {
    if (MultiplyAdds(graph, node) == 0 || !IsInt8(graph, node.input(0))) continue;
    const OperandRule& rule = OpOf(node).quant.Operand(1);
    if (rule.kind == OperandRule::kWeight) {
      layers.push_back({&node, SumOfWeights(graph, node, rule.index)});
    } else if (node.has_input(1) && IsInt8(graph, node.input(1))) {
      layers.push_back({&node, SumOfProducts(graph, node)});
    }
  }
  return layers;
}

}  // namespace qconvert
