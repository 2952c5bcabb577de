// The integers that stand for a quantized model's own. Before it: the model's scale and zero
// point. After it: constants and graphs note them (graph/tensor.h, graph/graph.h), and the planner
// keeps them.
#pragma once

#include <optional>
#include <span>

#include "lib/graph/node.h"
#include "lib/math/affine.h"

namespace qconvert {

/// Returns the int8 parameters of the reals that 8-bit integers with these parameters stand for:
/// those of uint8 with the zero point less 128. Nothing for other types, and where a real lies
/// beyond what int8 files ever hold (lib/math/affine.h).
std::optional<QuantParams> Int8Grid(const QuantParams& quant, ElementType type);

/// Returns the reals that the lowest and the highest integer of a tensor stand for.
Range RangeOfGrid(const IntegerForm& grid);

/// Notes on a constant that was just evaluated from constants which grid it lies on: that of a
/// DequantizeLinear, or that of the values which a Transpose or Reshape moves.
void NoteGrid(const Node& node, std::span<const Tensor* const> inputs, Tensor& result);

}  // namespace qconvert
