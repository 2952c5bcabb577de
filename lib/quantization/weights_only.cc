#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "lib/calibration/moments.h"
#include "lib/ops/op.h"
#include "lib/quantization/exclusion.h"
#include "lib/quantization/quantize_constant.h"
#include "lib/quantization/quantize_graph.h"
#include "lib/quantization/quantize_weights.h"
#include "lib/quantization/weight_scheme.h"

namespace qconvert {
namespace {

/// Returns the float32 version of `weights`, computed by a Dequantize in front of `reader`.
TensorId InsertDequantize(Graph& graph, const Node& reader, Tensor weights) {
  const std::string name = weights.name;
  const Shape shape = weights.shape;
  const TensorId small = graph.AddTensor(std::move(weights));
  const TensorId wide =
      graph.AddTensor({name + "/float", ElementType::kFloat32, shape, std::nullopt, std::nullopt});
  graph.InsertBefore(reader, Node(name + "/float", Dequantize{}, {small}, {wide}));
  return wide;
}

/// Returns the weights, operand i of a node, in fewer bits.
Tensor Shrink(const Graph& graph, const Node& node, size_t i, const Evidence& evidence,
              const QuantizeOptions& options, QuantizationReport& report) {
  const Tensor& weights = graph.tensor(node.input(i));
  if (options.weight_bits == 16) return ToFloat16(weights);
  const WeightScheme scheme = ChooseScheme(node, i, weights, options, report);
  const auto moments = MomentsOf(evidence, graph.tensor(node.input(0)));
  return QuantizeWeights(weights, nullptr, std::nullopt, scheme, {.threads = options.threads},
                         {.moments = moments ? &*moments : nullptr})
      .weights;
}

/// Returns whether operand `i` of a node is a weight that could be stored small.
bool IsWeight(const Graph& graph, const Node& node, size_t i) {
  const TensorId id = node.input(i);
  return id != kNoTensor && graph.tensor(id).is_constant() && graph.tensor(id).is_float() &&
         OpOf(node).quant.Operand(i).kind == OperandRule::kWeight;
}

/// Small weights hurt most and save least: the smallest stay float as long as that adds no more
/// than a twentieth to the file. Returns the number of elements from which on weights are
/// quantized.
int64_t SmallestQuantized(const Graph& graph) {
  std::vector<int64_t> sizes;
  for (const Node& node : graph.nodes()) {
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      if (IsWeight(graph, node, i)) sizes.push_back(graph.tensor(node.input(i)).elements());
    }
  }
  std::sort(sizes.begin(), sizes.end());
  const int64_t total = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  int64_t extra_bytes = 0;
  for (int64_t size : sizes) {
    extra_bytes += 3 * size;
    if (20 * extra_bytes > total) return size;
  }
  return 0;
}

}  // namespace

Graph QuantizeWeightsOnly(const Graph& graph, const Evidence& evidence,
                          const QuantizeOptions& options, QuantizationReport& report) {
  Graph result = graph;
  const int64_t smallest = options.weight_bits == 16 ? 0 : SmallestQuantized(graph);
  const Exclusion exclusion(options.exclude);
  std::map<TensorId, TensorId> shared;
  for (Node& node : result.nodes()) {
    if (exclusion.Names(node)) continue;
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const TensorId id = node.input(i);
      if (!IsWeight(result, node, i) || result.tensor(id).elements() < smallest) continue;
      auto& small = shared.try_emplace(id, kNoTensor).first->second;
      if (small == kNoTensor) {
        small = InsertDequantize(result, node, Shrink(result, node, i, evidence, options, report));
      }
      result.SetInput(node, i, small);
      ++report.integer_nodes;
    }
  }
  return result;
}

}  // namespace qconvert
