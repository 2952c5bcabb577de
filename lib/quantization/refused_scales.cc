#include "lib/quantization/refused_scales.h"

#include <algorithm>

#include "lib/math/bias.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

const QuantParams* ParamsOf(const QuantizationPlan& plan, TensorId id, ElementType type) {
  if (id == kNoTensor) return nullptr;
  const std::optional<QuantParams>& params = plan.tensors[static_cast<size_t>(id)].Of(type);
  return params ? &*params : nullptr;
}

/// Returns the bound of what a node's weight scales will be: the search goes a fifth beyond the
/// largest weight, and a bias may ask for more.
std::optional<QuantParams> LargestWeightScale(const Graph& graph, const QuantizationPlan& plan,
                                              const Node& node, ElementType type) {
  if (OpOf(node).quant.Operand(1).kind != OperandRule::kWeight) return std::nullopt;
  const bool int4 = plan.Find(node)->asked.weights == WeightPrecision::kInt4;
  AffineParams weights = ChooseSymmetric(RangeOf(graph.tensor(node.input(1)).Values<float>()),
                                         int4 ? kInt4Weights : kInt8Weights);
  weights.scale *= 1.25F;
  if (node.has_input(2)) {
    const float input_scale = ParamsOf(plan, node.input(0), type)->scale();
    const Range range = RangeOf(graph.tensor(node.input(2)).Values<float>());
    const float bias = std::max(-range.min, range.max);
    WidenForBias({&bias, 1}, input_scale, {&weights, 1},
                 type == ElementType::kInt16 ? kLargestWideBias : kLargestBias);
  }
  return PerLayer(weights.scale, 0);
}

/// An operand that must have the result's parameters may need a Quantize in front.
const char* WhyNotRequantized(const QuantParams* from, const QuantParams* to, ElementType type) {
  const Node quantize("", Quantize{}, {kNoTensor}, {kNoTensor});
  return OpOf(quantize).scale_rule(quantize, {{from}, to, type == ElementType::kInt16});
}

/// Returns why LiteRT refuses the scales of a node; null when it takes them.
const char* WhyRefused(const Graph& graph, const QuantizationPlan& plan, const Node& node) {
  const Op& op = OpOf(node);
  const ElementType type = IntegerType(plan.Find(node)->precision.activations);
  const std::optional<QuantParams> weights = LargestWeightScale(graph, plan, node, type);
  NodeParams scales{
      {}, ParamsOf(plan, node.output(), type), type == ElementType::kInt16, Fold(graph, node)};
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    const OperandRule::Kind kind = op.quant.Operand(i).kind;
    scales.operands.push_back(kind == OperandRule::kWeight ? &*weights
                                                           : ParamsOf(plan, node.input(i), type));
    const char* reason = kind == OperandRule::kSameAs
                             ? WhyNotRequantized(scales.operands[i], scales.result, type)
                             : nullptr;
    if (reason != nullptr) return reason;
  }
  return op.scale_rule == nullptr ? nullptr : op.scale_rule(node, scales);
}

/// Notes the pair of QuantizeLinear and DequantizeLinear that becomes a QUANTIZE, where LiteRT
/// refuses its scales.
void RefusePair(const Graph& graph, const QuantizationPlan& plan, const Node& dequantize,
                std::map<const Node*, std::string>& refused) {
  const Node* quantize = graph.Producer(dequantize.input(0));
  constexpr ElementType kType = ElementType::kInt8;
  const QuantParams* from = ParamsOf(plan, quantize->input(0), kType);
  const QuantParams* to = ParamsOf(plan, dequantize.output(), kType);
  const char* reason = from == nullptr ? nullptr : WhyNotRequantized(from, to, kType);
  if (reason == nullptr) return;
  refused[quantize] = reason;
  for (const Node* reader : graph.Consumers(quantize->output())) refused[reader] = reason;
}

}  // namespace

std::map<const Node*, std::string> RefusedScales(const Graph& graph, const QuantizationPlan& plan) {
  std::map<const Node*, std::string> refused;
  for (const Node& node : graph.nodes()) {
    const NodePlan* decided = plan.Find(node);
    const bool integer = decided != nullptr && decided->is_integer();
    if (integer && node.Is<DequantizeLinear>()) RefusePair(graph, plan, node, refused);
    const char* reason = integer ? WhyRefused(graph, plan, node) : nullptr;
    if (reason != nullptr) refused[&node] = reason;
  }
  return refused;
}

}  // namespace qconvert
