// The quantization rule of an operator, as data. The quantizer, the verifier, the writer and the
// kernels read the same rule.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace qconvert {

/// A scale and zero point that TFLite's kernels demand.
struct FixedParams {
  float scale = 0;  ///< 0: there is no kernel of the type
  int32_t zero_point = 0;
};

/// How one operand or the result gets its type and parameters in integer arithmetic. Activations
/// are int8, or int16 with zero point 0; all of one node are alike.
struct OperandRule {
  enum Kind : uint8_t {
    kUnchanged,   ///< keeps its type: indices, conditions, bool results
    kCalibrated,  ///< an activation per layer, parameters from the tensor's observed range
    kSameAs,      ///< an activation with the parameters of operand `index`, or of the result
    kFixed,       ///< an activation with the parameters that TFLite's kernels demand
    kWeight,      ///< int8 symmetric, per channel along `index` unless per layer is asked
    kBias         ///< int32, beside int16 activations int64; scale = input scale x weight scale
  };
  static constexpr int kResult = -1;  ///< `index` of kSameAs that means the result

  Kind kind = kUnchanged;
  int index = 0;
  FixedParams int8 = {}, int16 = {};  ///< kFixed, by the type of the activations
};

constexpr OperandRule Unchanged() { return {}; }
constexpr OperandRule Calibrated() { return {.kind = OperandRule::kCalibrated}; }
constexpr OperandRule SameAs(int index) { return {.kind = OperandRule::kSameAs, .index = index}; }
constexpr OperandRule SameAsResult() { return SameAs(OperandRule::kResult); }
constexpr OperandRule Fixed(FixedParams int8, FixedParams int16 = {}) {
  return {.kind = OperandRule::kFixed, .int8 = int8, .int16 = int16};
}
constexpr OperandRule Weight(int axis) { return {.kind = OperandRule::kWeight, .index = axis}; }
constexpr OperandRule Bias() { return {.kind = OperandRule::kBias}; }

/// The rule of an operator. `operands[i]` is for input i; inputs past the last given follow it.
struct QuantRule {
  std::array<OperandRule, 3> operands{};
  OperandRule result{};

  constexpr const OperandRule& Operand(size_t i) const { return operands[i < 3 ? i : 2]; }
  /// Returns whether the result has the parameters of operand 0, as that of a movement has.
  constexpr bool KeepsParams() const {
    return result.kind == OperandRule::kSameAs && result.index == 0;
  }
};

/// How LiteRT's kernel with float activations beside int8 weights rounds the activations while it
/// runs ("dynamic range"): asymmetrically to 8 bits, by the range of the values that share a scale.
struct DynamicRule {
  enum Scales : uint8_t {
    kNone,    ///< there is no such kernel
    kSample,  ///< one for each index of the first axis
    kRow      ///< one for each row along the last axis
  };
  Scales scales = kNone;
  /// XNNPACK has such a kernel, too. Where it has none, it is faster to widen the weights.
  bool in_xnnpack = false;
};

/// The rule of operators that move or select elements: everything has the parameters of input 0.
constexpr QuantRule MovementRule() {
  return {.operands = {Calibrated(), Unchanged(), Unchanged()}, .result = SameAs(0)};
}
/// The rule of operators that put several tensors into one: all have the result's parameters.
constexpr QuantRule UnifyingRule() {
  return {.operands = {SameAsResult(), SameAsResult(), SameAsResult()}, .result = Calibrated()};
}
/// The rule of arithmetic that rescales: every operand and the result by its own range.
constexpr QuantRule RescalingRule() {
  return {.operands = {Calibrated(), Calibrated(), Calibrated()}, .result = Calibrated()};
}

}  // namespace qconvert
