// What every sample value goes through before a model sees it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lib/samples/array.h"
#include "lib/samples/sample_set.h"

namespace qconvert {

/// Throws Error(kUnusable) unless an array of this shape is a value of the input; a leading 1 may
/// be missing.
void RequireShape(const Shape& shape, const SampleInput& input);

/// Returns the array as the input's values: converted to its type, its shape checked (a leading 1
/// may be missing).
///   Throws Error(kUnusable) when the shape differs, or a value is NaN or infinite.
std::vector<std::byte> ToInputValue(const Array& array, const SampleInput& input);

/// Throws Error(kUnusable) when a value is NaN or infinite.
void RequireFinite(std::span<const std::byte> floats);

}  // namespace qconvert
