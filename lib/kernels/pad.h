// Copies of tensors with a border of one value. The plain loops of PAD and its kernel are made from
// these.
#pragma once

#include <array>

#include "lib/graph/operators.h"
#include "lib/kernels/copy_kernel.h"

namespace qconvert {

/// The bytes of one element, the rest 0.
using PadElement = std::array<std::byte, 8>;

/// Returns the element that stands for `value` in a tensor like this one.
///   Throws Error(kUnsupported) for types that no padding is known of.
PadElement PadElementOf(const Tensor& tensor, float value);

/// Fills the result with `element` and copies the operand into it.
void CopyPadded(const Pad& pad, const PadElement& element, const TensorView& input,
                const TensorView& output, const Copier& copier);

/// Prepares float32 and int8; null for other types.
std::unique_ptr<Kernel> PreparePad(const PrepareContext& context);

}  // namespace qconvert
