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

/// Returns the reals that the lowest and the highest integer of a pair stand for.
Range RangeOf(const QuantizeLinear& op) {
  const auto real = [&](int32_t integer) {
    return static_cast<float>(integer - op.quant.zero_point()) * op.quant.scale();
  };
  return {real(op.lowest), real(op.highest)};
}

/// Returns the int16 parameters of a pair of 16 bits. Without its zero point numbers reach as far
/// on either side of 0, so that steps are twice as large at most.
QuantParams WideGrid(const Graph& graph, const Node& node) {
  const QuantizeLinear& op = *node.As<QuantizeLinear>();
  const Range clamp = ClampOfProducer(graph, node.input(0)), held = RangeOf(op);
  const bool own = op.to == ElementType::kInt16 && op.quant.zero_point() == 0;
  if (own && op.quant.scale() >= kLeastScale && held.max <= kLargestReal) return op.quant;
  const float below = std::min(-held.min, std::max(-clamp.min, 0.0F));
  const float above = std::min(held.max, std::max(clamp.max, 0.0F));
  const float end = std::clamp(std::max(below, above), 0.0F, kLargestReal);
  const AffineParams params = ChooseSymmetric({-end, end}, kInt16Limits);
  return PerLayer(params.scale, 0);
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

std::optional<IntegerForm> GridOfPair(const Graph& graph, const Node& quantize) {
  if (DequantizesOfPair(graph, quantize).empty()) return std::nullopt;
  const QuantizeLinear& op = *quantize.As<QuantizeLinear>();
  if (op.quant.per_channel()) return std::nullopt;
  if (IsWide(op)) return IntegerForm{ElementType::kInt16, WideGrid(graph, quantize)};
  const std::optional<QuantParams> grid = Int8Grid(op.quant, op.to);
  return grid ? std::optional(IntegerForm{ElementType::kInt8, *grid}) : std::nullopt;
}

bool IsNonNegative(const Graph& graph, TensorId id) {
  if (ClampOfProducer(graph, id).min >= 0) return true;
  const Node* producer = graph.Producer(id);
  if (producer == nullptr) return false;
  const QuantRule& rule = OpOf(*producer).quant;
  if (rule.result.kind == OperandRule::kFixed)
    return rule.result.int8.zero_point == kInt8Limits.min;
  const bool keeps_sign = producer->Is<Mean>() || (rule.KeepsParams() && !producer->Is<Pad>());
  return keeps_sign && IsNonNegative(graph, producer->input(0));
}

bool StandsForRelu(const Graph& graph, const Node& quantize) {
  const QuantizeLinear& op = *quantize.As<QuantizeLinear>();
  return op.quant.zero_point() == op.lowest && ClampOfProducer(graph, quantize.input(0)).min < 0;
}

}  // namespace qconvert
