// Walks a result whose operands are broadcast to it, as numpy does: shapes are aligned at the right
// and a dimension of 1 is repeated. Used by every operator of two or three operands.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "lib/graph/shape.h"

namespace qconvert {

/// How far an operand moves along each axis of the result, in elements; 0 where it is repeated.
inline std::vector<size_t> BroadcastStrides(const Shape& operand, const Shape& result) {
  std::vector<size_t> strides(result.size(), 0);
  size_t stride = 1;
  for (size_t i = 1; i <= operand.size(); ++i) {
    const auto dim = static_cast<size_t>(operand[operand.size() - i]);
    if (dim != 1) strides[result.size() - i] = stride;
    stride *= dim;
  }
  return strides;
}

/// Calls visit(i, at): element i of the result comes from element at[k] of operand k.
///   operands  shapes that broadcast to `result`
template <size_t kOperands, typename Visit>
void ForEachBroadcast(const Shape& result, const std::array<Shape, kOperands>& operands,
                      Visit visit) {
  const auto count = static_cast<size_t>(NumElements(result));
  if (count == 0) return;
  std::array<std::vector<size_t>, kOperands> strides;
  for (size_t k = 0; k < kOperands; ++k) strides[k] = BroadcastStrides(operands[k], result);
  const size_t columns = result.empty() ? 1 : static_cast<size_t>(result.back());
  for (size_t row = 0; row < count / columns; ++row) {
    std::array<size_t, kOperands> at{};
    size_t outer = row;
    for (size_t axis = result.size(); axis-- > 1; outer /= static_cast<size_t>(result[axis - 1])) {
      const size_t index = outer % static_cast<size_t>(result[axis - 1]);
      for (size_t k = 0; k < kOperands; ++k) at[k] += index * strides[k][axis - 1];
    }
    for (size_t column = 0; column < columns; ++column) {
      visit(row * columns + column, at);
      for (size_t k = 0; k < kOperands && !result.empty(); ++k) at[k] += strides[k].back();
    }
  }
}

}  // namespace qconvert
