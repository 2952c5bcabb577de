#include "lib/runner/kernel_types.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace qconvert {
namespace {

using Kind = OperandRule::Kind;

bool IsActivation(Kind kind) {
  return kind == Kind::kCalibrated || kind == Kind::kSameAs || kind == Kind::kFixed;
}

/// Returns whether an operator computes on integers without a rule, as those do that the quantizer
/// keeps in float: all operands are activations then.
bool HasNoRule(const QuantRule& rule) {
  return rule.result.kind == Kind::kUnchanged &&
         std::ranges::all_of(rule.operands,
                             [](const OperandRule& r) { return r.kind == Kind::kUnchanged; });
}

void RequireType(const Tensor& tensor, std::initializer_list<ElementType> types) {
  if (std::ranges::find(types, tensor.type) != types.end()) return;
  Fail(ErrorKind::kUnsupported,
       fmt::format("its integer kernel takes {}, but '{}' is {}", ElementTypeName(*types.begin()),
                   tensor.name, ElementTypeName(tensor.type)));
}

void RequireOperand(Kind kind, const Tensor& tensor, ElementType activations) {
  const bool wide = activations == ElementType::kInt16;
  if (IsActivation(kind)) {
    RequireType(tensor, {activations});
    if (!tensor.quant) Fail(ErrorKind::kUnusable, fmt::format("'{}' has no scale", tensor.name));
  }
  if (kind == Kind::kWeight) RequireType(tensor, {ElementType::kInt8, ElementType::kInt4});
  if (kind == Kind::kBias) RequireType(tensor, {wide ? ElementType::kInt64 : ElementType::kInt32});
}

}  // namespace

void RequireKernelTypes(const Op& op, const PrepareContext& context) {
  if (op.reference_int8 == nullptr || op.reference_int8 == op.evaluate) return;
  const bool wide = op.reference_int16 != nullptr && context.inputs[0]->type == ElementType::kInt16;
  const ElementType activations = wide ? ElementType::kInt16 : ElementType::kInt8;
  const bool no_rule = HasNoRule(op.quant);
  for (size_t i = 0; i < context.inputs.size(); ++i) {
    if (context.inputs[i] == nullptr) continue;
    RequireOperand(no_rule ? Kind::kCalibrated : op.quant.Operand(i).kind, *context.inputs[i],
                   activations);
  }
  for (const Tensor* result : context.outputs) {
    const bool indices =
        result != context.outputs.front() && result->type == ElementType::kInt32;  // TopK's
    if (!indices) RequireOperand(op.quant.result.kind, *result, activations);
  }
}

}  // namespace qconvert
