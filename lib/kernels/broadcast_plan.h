// The loops of a fast kernel of two operands: axes along which both move alike are merged, so that
// equal shapes are one long row, and a channel vector is repeated along rows.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "lib/graph/shape.h"

namespace qconvert {

struct BroadcastPlan {
  /// Distances from one index to the next, in elements; 0 where an operand is repeated.
  struct Axis {
    size_t size = 1;
    size_t result = 1, a = 1, b = 1;
  };
  std::vector<Axis> outer;  ///< the outermost first
  Axis row;                 ///< its operands move by 1 or stay
  size_t elements = 0;
};

/// Plans the loops over a result to which `a` and `b` are broadcast.
BroadcastPlan PlanBroadcast(const Shape& result, const Shape& a, const Shape& b);

/// Calls visit(result, a, b) with the offsets of every row from an axis on.
template <typename Visit>
void ForEachRow(const BroadcastPlan& plan, const Visit& visit, size_t axis = 0, size_t result = 0,
                size_t a = 0, size_t b = 0) {
  if (plan.elements == 0) return;
  if (axis == plan.outer.size()) return visit(result, a, b);
  const BroadcastPlan::Axis& steps = plan.outer[axis];
  for (size_t i = 0; i < steps.size; ++i) {
    ForEachRow(plan, visit, axis + 1, result + i * steps.result, a + i * steps.a, b + i * steps.b);
  }
}

/// The same for the indices [first, end) of the outermost axis, of which there must be one.
template <typename Visit>
void ForEachRow(const BroadcastPlan& plan, std::pair<size_t, size_t> range, const Visit& visit) {
  const BroadcastPlan::Axis& steps = plan.outer.front();
  for (size_t i = range.first; i < range.second; ++i) {
    ForEachRow(plan, visit, 1, i * steps.result, i * steps.a, i * steps.b);
  }
}

}  // namespace qconvert
