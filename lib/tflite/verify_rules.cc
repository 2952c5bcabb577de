#include "lib/tflite/verify_rules.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/math/affine.h"
#include "lib/ops/op.h"
#include "lib/ops/window.h"

namespace qconvert {
namespace {

/// Returns the zero points of a type; LiteRT wants 0 where a type is not one of 8 bits and less
/// (kernels/quantize.cc and kernels/dequantize.cc, Prepare).
IntegerLimits ZeroPointLimits(ElementType type) {
  switch (type) {
    case ElementType::kInt4:
      return {-8, 7};
    case ElementType::kInt8:
      return kInt8Limits;
    case ElementType::kUInt8:
      return kUInt8Limits;
    default:
      return {0, 0};
  }
}

class RuleVerifier {
 public:
  RuleVerifier(const Graph& graph, const Node& node, bool allow_asymmetric_weights)
      : graph_(graph),
        node_(node),
        allow_asymmetric_weights_(allow_asymmetric_weights),
        wide_(ActivationType() == ElementType::kInt16) {}

  void Verify() const {
    const QuantRule& rule = OpOf(node_).quant;
    for (size_t i = 0; i < node_.inputs().size(); ++i) {
      if (node_.has_input(i)) VerifyOperand(rule.Operand(i), graph_.tensor(node_.input(i)), i);
    }
    for (TensorId id : node_.outputs()) {
      const Tensor& result = graph_.tensor(id);
      const bool indices = id != node_.output() && result.type == ElementType::kInt32;  // TopK's
      if (!indices) VerifyOperand(rule.result, result, 0);
    }
    if (wide_ && OpOf(node_).reference_int16 == nullptr) Broken("it has no kernel for int16");
    VerifyScales();
  }

  /// Verifies a node that reads float activations beside integer weights.
  void VerifyDynamic() const {
    if (OpOf(node_).dynamic.scales == DynamicRule::kNone) {
      Broken("it has no kernel with float activations beside integer weights");
    }
    for (size_t i = 0; i < node_.inputs().size(); ++i) {
      const OperandRule& rule = OpOf(node_).quant.Operand(i);
      if (!node_.has_input(i)) continue;
      const Tensor& tensor = graph_.tensor(node_.input(i));
      if (rule.kind == OperandRule::kWeight) {
        VerifyType(rule, tensor);
        Require(tensor.quant && tensor.quant->per_channel(), tensor, "has no scales by channel");
        VerifyWeights(rule, tensor);
      } else {
        RequireReal(tensor);
      }
    }
    for (TensorId id : node_.outputs()) RequireReal(graph_.tensor(id));
  }

 private:
  [[noreturn]] void Broken(const std::string& why) const {
    Fail(ErrorKind::kInternal,
         fmt::format("node '{}' ({}) breaks a rule of TFLite: {}", node_.name, node_.kind(), why));
  }

  void Require(bool holds, const Tensor& tensor, std::string_view why) const {
    if (!holds) Broken(fmt::format("tensor '{}' {}", tensor.name, why));
  }

  void RequireReal(const Tensor& tensor) const {
    Require(tensor.is_float(), tensor, "is an integer where the activations are floats");
  }

  static bool IsActivation(const OperandRule& rule) {
    return rule.kind == OperandRule::kCalibrated || rule.kind == OperandRule::kSameAs ||
           rule.kind == OperandRule::kFixed;
  }

  /// Returns the type of the node's first activation; the others must have it, too.
  ElementType ActivationType() const {
    const QuantRule& rule = OpOf(node_).quant;
    for (size_t i = 0; i < node_.inputs().size(); ++i) {
      if (node_.has_input(i) && IsActivation(rule.Operand(i))) {
        return graph_.tensor(node_.input(i)).type;
      }
    }
    return IsActivation(rule.result) ? graph_.tensor(node_.output()).type : ElementType::kInt8;
  }

  void VerifyOperand(const OperandRule& rule, const Tensor& tensor, size_t i) const {
    if (rule.kind == OperandRule::kUnchanged) return;
    VerifyType(rule, tensor);
    Require(tensor.quant.has_value(), tensor, "has no quantization parameters");
    switch (rule.kind) {
      case OperandRule::kUnchanged:
        return;
      case OperandRule::kCalibrated:
        return Require(!tensor.quant->per_channel(), tensor, "is an activation with an axis");
      case OperandRule::kSameAs:
        return VerifySame(rule, tensor);
      case OperandRule::kFixed:
        return VerifyFixed(wide_ ? rule.int16 : rule.int8, tensor);
      case OperandRule::kWeight:
        return VerifyWeights(rule, tensor);
      case OperandRule::kBias:
        return VerifyBias(tensor, i);
    }
  }

  void VerifyType(const OperandRule& rule, const Tensor& tensor) const {
    const bool is_weight = rule.kind == OperandRule::kWeight;
    const ElementType wanted = rule.kind == OperandRule::kBias
                                   ? (wide_ ? ElementType::kInt64 : ElementType::kInt32)
                               : wide_ && !is_weight ? ElementType::kInt16
                                                     : ElementType::kInt8;
    const bool small =
        OpOf(node_).int4_weights && is_weight && tensor.type == ElementType::kInt4 && !wide_;
    Require(tensor.type == wanted || small, tensor,
            fmt::format("is {} at an integer operator that takes {}", ElementTypeName(tensor.type),
                        ElementTypeName(wanted)));
  }

  void VerifyFixed(const FixedParams& fixed, const Tensor& tensor) const {
    const QuantParams& quant = *tensor.quant;
    Require(quant.scale() == fixed.scale && quant.zero_point() == fixed.zero_point, tensor,
            "does not have the fixed parameters of its operator");
  }

  void VerifySame(const OperandRule& rule, const Tensor& tensor) const {
    const TensorId other = rule.index == OperandRule::kResult
                               ? node_.output()
                               : node_.inputs().at(static_cast<size_t>(rule.index));
    Require(
        graph_.tensor(other).quant == tensor.quant, tensor,
        fmt::format("does not have the scale and zero point of '{}'", graph_.tensor(other).name));
  }

  void VerifyWeights(const OperandRule& rule, const Tensor& tensor) const {
    const QuantParams& quant = *tensor.quant;
    Require(!quant.per_channel() || quant.axis == rule.index, tensor, "has scales on another axis");
    const bool zero = std::all_of(quant.zero_points.begin(), quant.zero_points.end(),
                                  [](int32_t zero_point) { return zero_point == 0; });
    const bool asymmetric_allowed =
        allow_asymmetric_weights_ || (OpOf(node_).asymmetric_layer_weights && !quant.per_channel());
    Require(zero || asymmetric_allowed, tensor, "holds weights with a zero point");
    const int most = tensor.type == ElementType::kInt4 ? 7 : 127;
    const auto values = tensor.Values<int8_t>();
    const bool symmetric =
        std::all_of(values.begin(), values.end(), [&](int8_t q) { return q >= -most; });
    Require(symmetric || asymmetric_allowed, tensor,
            fmt::format("holds weights outside [-{}, {}]", most, most));
  }

  void VerifyScales() const {
    const ScaleRule rule = OpOf(node_).scale_rule;
    const auto params_of = [&](TensorId id) -> const QuantParams* {
      return id == kNoTensor || !graph_.tensor(id).quant ? nullptr : &*graph_.tensor(id).quant;
    };
    const bool wide =
        wide_ || (node_.has_input(0) && graph_.tensor(node_.input(0)).type == ElementType::kInt16);
    NodeParams params{{}, params_of(node_.output()), wide, Fold(graph_, node_)};
    for (TensorId id : node_.inputs()) params.operands.push_back(params_of(id));
    const char* reason = rule == nullptr ? nullptr : rule(node_, params);
    if (reason != nullptr) Broken(reason);
  }

  void VerifyBias(const Tensor& bias, size_t i) const {
    const QuantParams& weights = *graph_.tensor(node_.inputs().at(i - 1)).quant;
    const float input_scale = graph_.tensor(node_.input(0)).quant->scale();
    Require(bias.quant->scales.size() == weights.scales.size(), bias,
            "does not have one scale for each scale of the weights");
    for (size_t c = 0; c < weights.scales.size(); ++c) {
      const float wanted = input_scale * weights.scales[c];
      Require(std::abs(bias.quant->scales[c] - wanted) <= 1e-6F * wanted, bias,
              "does not have the scale input x weights");
    }
  }

  const Graph& graph_;
  const Node& node_;
  bool allow_asymmetric_weights_;
  bool wide_;  ///< its activations are int16
};

void VerifyParams(const Tensor& tensor) {
  if (!tensor.quant) return;
  const IntegerLimits limits = ZeroPointLimits(tensor.type);
  for (size_t c = 0; c < tensor.quant->scales.size(); ++c) {
    const float scale = tensor.quant->scales[c];
    const int32_t zero_point = tensor.quant->zero_points[c];
    if (!std::isnormal(scale) || scale < 0 || zero_point < limits.min || zero_point > limits.max) {
      Fail(ErrorKind::kInternal,
           fmt::format("tensor '{}' ({}): scale {} with zero point {} cannot be used", tensor.name,
                       ElementTypeName(tensor.type), scale, zero_point));
    }
  }
}

void VerifyTransposeConv(const Graph& graph, const Node& node) {
  const auto& conv = *node.As<TransposeConv2D>();
  const Shape &input = graph.tensor(node.input(0)).shape, &w = graph.tensor(node.input(1)).shape;
  if (IsTransposedValid(conv, input, w) || IsTransposedSame(conv, input, w)) return;
  Fail(ErrorKind::kInternal,
       fmt::format(
           "node '{}' (TransposeConv2D) breaks a rule of TFLite: a convolution of its result "
           "does not lead back to the size of its operand",
           node.name));
}

}  // namespace

void VerifyRules(const Graph& graph, bool allow_asymmetric_weights) {
  for (TensorId id = 0; id < graph.tensor_count(); ++id) VerifyParams(graph.tensor(id));
  for (const Node& node : graph.nodes()) {
    if (node.Is<TransposeConv2D>()) VerifyTransposeConv(graph, node);
    const RuleVerifier rules(graph, node, allow_asymmetric_weights);
    if (IsInteger(graph, node)) rules.Verify();
    if (IsDynamic(graph, node)) rules.VerifyDynamic();
  }
}

}  // namespace qconvert
