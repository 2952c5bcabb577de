// Shapes of tensors and index arithmetic on them. All dimensions are known and not negative.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qconvert {

using Shape = std::vector<int64_t>;

/// Returns the product of the dimensions; 1 for a scalar.
///   Throws Error(kUnusable) when it does not fit 2^40 elements.
int64_t NumElements(const Shape& shape);

/// Returns the row-major strides, in elements.
std::vector<int64_t> RowMajorStrides(const Shape& shape);

/// Returns "1x3x224x224", or "scalar".
std::string ToText(const Shape& shape);

/// Returns the shape that numpy broadcasting gives `a` and `b`.
///   Throws Error(kUnusable) when they do not broadcast.
Shape BroadcastShapes(const Shape& a, const Shape& b);

/// Returns `axis` counted from the front; accepts -rank..rank-1.
///   Throws Error(kUnusable) when it lies outside.
int NormalizeAxis(int64_t axis, size_t rank);

}  // namespace qconvert
