// Unary int8 operators as tables of 256: the reference builds its operator's table in every call,
// the fast kernel once.
#pragma once

#include "lib/math/lookup_table.h"
#include "lib/ops/elementwise.h"

namespace qconvert {

/// A reference_int8 that looks up; kTable tabulates the operator for its tensors' parameters.
template <Int8Table (*kTable)(const Node& node, AffineParams input, AffineParams result)>
void LookUpReference(const Node& node, TensorViews inputs, TensorViews outputs) {
  LookUp(kTable(node, LayerParams(inputs[0]), LayerParams(outputs[0])), inputs[0].Values<int8_t>(),
         outputs[0].Values<int8_t>());
}

/// A table of a real function without attributes.
template <float (*kFunction)(float)>
Int8Table TableOfFunction(const Node&, AffineParams input, AffineParams result) {
  return TableOf(kFunction, input, result);
}

/// Prepares a kernel that looks up in a table of what the operator's reference_int8 gives for all
/// 256 inputs; null when operand and result are not both int8 per layer.
std::unique_ptr<Kernel> PrepareLookup(const PrepareContext& context);

}  // namespace qconvert
