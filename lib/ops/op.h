// One operator, one record: everything known about it, across import, quantization, execution and
// the file. Passes and stages ask the record; none has a switch over operator kinds.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lib/kernels/kernel.h"
#include "lib/math/affine.h"
#include "lib/ops/axes.h"
#include "lib/ops/backward.h"
#include "lib/ops/onnx_node.h"
#include "lib/ops/quant_rule.h"
#include "lib/ops/scale_rules.h"
#include "lib/ops/tflite_options.h"

namespace qconvert {

/// A spelling of ONNX that becomes this operator (or nodes around it).
struct OnnxSpelling {
  std::string_view name;  ///< ONNX op_type
  int since = 1;          ///< first opset we read it from
  void (*read)(OnnxNode&) = nullptr;
  std::string_view becomes = {};  ///< of OnnxOnlySpellings: what is left of it, for the table
};

/// Gives `outputs` their types and shapes from the operands' (null where absent).
///   Throws Error(kUnusable) when the operands do not fit the operator.
using InferFunction = void (*)(const Node& node, std::span<const Tensor* const> inputs,
                               std::span<Tensor> outputs);

/// How many operands a node has; those past the least may be left out.
struct OperandCount {
  static constexpr size_t kAny = SIZE_MAX;  ///< as `most`: none is left out
  size_t least = 1, most = 1;
};

/// Returns how many products a node adds up. A profile computes its speed from that.
using CountFunction = int64_t (*)(const Node& node, std::span<const Tensor* const> inputs,
                                  const Tensor& output);

/// Returns the ends of an operator that does nothing but min(max(x, min), max).
using ClampFunction = Range (*)(const Operator& op);

/// Returns whether f(s x) = s f(x) holds when each channel (index of the last axis) of the operand
/// has an s > 0 of its own, the result having the same channels.
using HomogeneousFunction = bool (*)(const Node& node, const Tensor& input);

/// The record of one operator. A null member has a meaning of its own.
struct Op {
  std::string_view name;
  std::span<const OnnxSpelling> onnx = {};  ///< empty: made by passes or read from TFLite only
  OperandCount operands = {};
  bool several_results = false;   ///< as many as the node has; else one
  InferFunction infer = nullptr;  ///< never null; called with operands and results that are there
  bool result_type_is_chosen = false;    ///< by who made the node, from all integers
  ReferenceFunction evaluate = nullptr;  ///< never null: constant folding and the float oracle
  BackwardFunction backward = nullptr;   ///< null: no gradient passes the node
  ClampFunction clamp = nullptr;         ///< null: it does more than clamping its operand
  QuantRule quant = {};
  DynamicRule dynamic = {};   ///< of kernels with float activations beside int8 weights
  bool int4_weights = false;  ///< LiteRT has integer kernels with 4-bit weights
  /// LiteRT's integer kernel takes weights with a zero point, if they have one for all channels.
  bool asymmetric_layer_weights = false;
  ScaleRule scale_rule = nullptr;               ///< null: the integer kernel takes any scales
  ReferenceFunction reference_int8 = nullptr;   ///< null: no integer kernel, stays a float island
  ReferenceFunction reference_int16 = nullptr;  ///< null: no kernel with int16 activations
  PrepareFunction prepare_float = nullptr;      ///< null: `evaluate` runs it
  PrepareFunction prepare_int8 = nullptr;       ///< null: `reference_int8` runs it
  PrepareFunction prepare_int16 = nullptr;      ///< null: `reference_int16` runs it
  AxesRule axes = {};  ///< how it follows when axes are stored in another order
  /// The result is the operand's bytes under another shape: the runner has nothing to do.
  bool shares_bytes = false;
  /// The largest of the operand's values decide the result: a range that clips them changes the
  /// answer.
  bool compares_values = false;
  CountFunction multiply_adds = nullptr;          ///< null: the operator's time goes into memory
  HomogeneousFunction homogeneous = nullptr;      ///< null: never
  TfliteForm tflite = {};                         ///< no code: must be gone before export
  std::span<const TfliteForm> other_tflite = {};  ///< further forms, such as PADV2 beside PAD
};

/// Returns the records in the order of the variant.
std::span<const Op* const> AllOps();

/// Returns the record of an operator's kind.
const Op& OpOf(const Operator& op);
inline const Op& OpOf(const Node& node) { return OpOf(node.op); }

/// Returns the ONNX spellings that leave no operator behind: shape arithmetic, Identity and
/// decompositions such as LayerNormalization.
std::span<const OnnxSpelling> OnnxOnlySpellings();

/// Returns how an ONNX operator of the default domain is read; null when it is not supported.
const OnnxSpelling* FindOnnxSpelling(std::string_view op_type);

}  // namespace qconvert
