#include <map>
#include <utility>

#include "lib/ops/op.h"
#include "lib/quantization/quantize_graph.h"
#include "lib/quantization/weight_scheme.h"
#include "lib/quantization/weights.h"

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

Tensor Shrink(const Node& node, size_t i, const Tensor& weights, const QuantizeOptions& options,
              QuantizationReport& report) {
  if (options.weight_bits == 16) return ToFloat16(weights);
  return QuantizeWeights(weights, ChooseScheme(node, i, weights, options, report));
}

}  // namespace

Graph QuantizeWeightsOnly(const Graph& graph, const QuantizeOptions& options,
                          QuantizationReport& report) {
  Graph result = graph;
  std::map<TensorId, TensorId> shared;
  for (Node& node : result.nodes()) {
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const TensorId id = node.input(i);
      if (id == kNoTensor || !result.tensor(id).is_constant() || !result.tensor(id).is_float()) {
        continue;
      }
      if (OpOf(node).quant.Operand(i).kind != OperandRule::kWeight) continue;
      auto& small = shared.try_emplace(id, kNoTensor).first->second;
      if (small == kNoTensor) {
        small = InsertDequantize(result, node, Shrink(node, i, result.tensor(id), options, report));
      }
      result.SetInput(node, i, small);
      ++report.integer_nodes;
    }
  }
  return result;
}

}  // namespace qconvert
