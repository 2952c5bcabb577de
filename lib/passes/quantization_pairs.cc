#include "lib/passes/quantization_pairs.h"

#include <algorithm>

#include "lib/graph/activation.h"
#include "lib/ops/grid.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

/// Returns the ends that the producer of a tensor clamps it to, infinite where it does not.
Range ClampOfProducer(const Graph& graph, TensorId id) {
  const Node* producer = graph.Producer(id);
  if (producer == nullptr) return ActivationRange(Activation::kNone);
  const ClampFunction own = OpOf(*producer).clamp;
  return own != nullptr ? own(producer->op) : ActivationRange(FusedActivation(producer->op));
}

QuantParams NarrowedGrid(const Graph& graph, const Node& node) {
  const QuantizeLinear& op = *node.As<QuantizeLinear>();
  const auto real = [&](int32_t integer) {
    const float value = static_cast<float>(integer - op.quant.zero_point()) * op.quant.scale();
    return std::clamp(value, -kLargestReal, kLargestReal);
  };
  const Range clamp = ClampOfProducer(graph, node.input(0));
  const AffineParams params =
      ChooseAffine({std::clamp(real(op.lowest), std::min(clamp.min, 0.0F), 0.0F),
                    std::clamp(real(op.highest), 0.0F, std::max(clamp.max, 0.0F))},
                   kInt8Limits);
  return PerLayer(params.scale, params.zero_point);
}

}  // namespace

bool IsWide(const QuantizeLinear& quantize) { return ElementBytes(quantize.to) > 1; }

std::vector<Node*> DequantizesOfPair(const Graph& graph, const Node& quantize) {
  const auto* op = quantize.As<QuantizeLinear>();
  if (op == nullptr || graph.IsOutput(quantize.output())) return {};
  std::vector<Node*> readers = graph.Consumers(quantize.output());
  const bool all_back = std::ranges::all_of(readers, [&](const Node* reader) {
    const auto* back = reader->As<DequantizeLinear>();
    return back != nullptr && back->quant == op->quant;
  });
  return all_back ? readers : std::vector<Node*>{};
}

std::optional<QuantParams> GridOfPair(const Graph& graph, const Node& quantize) {
  if (DequantizesOfPair(graph, quantize).empty()) return std::nullopt;
  const QuantizeLinear& op = *quantize.As<QuantizeLinear>();
  if (op.quant.per_channel()) return std::nullopt;
  return IsWide(op) ? NarrowedGrid(graph, quantize) : Int8Grid(op.quant, op.to);
}

bool StandsForRelu(const Graph& graph, TensorId operand, const QuantParams& grid) {
  return grid.zero_point() == kInt8Limits.min && ClampOfProducer(graph, operand).min < 0;
}

}  // namespace qconvert
