#include "lib/kernels/broadcast_plan.h"

#include "lib/kernels/broadcast.h"

namespace qconvert {

BroadcastPlan PlanBroadcast(const Shape& result, const Shape& a, const Shape& b) {
  const std::vector<size_t> a_steps = BroadcastStrides(a, result);
  const std::vector<size_t> b_steps = BroadcastStrides(b, result);
  std::vector<BroadcastPlan::Axis> axes;  // the innermost first
  size_t elements = 1;
  for (size_t i = result.size(); i-- > 0;) {
    const auto size = static_cast<size_t>(result[i]);
    BroadcastPlan::Axis axis{size, elements, a_steps[i], b_steps[i]};
    elements *= size;
    if (size == 1) continue;
    const bool continues = !axes.empty() && axis.a == axes.back().size * axes.back().a &&
                           axis.b == axes.back().size * axes.back().b;
    if (continues) {
      axes.back().size *= size;
    } else {
      axes.push_back(axis);
    }
  }
  BroadcastPlan plan;
  plan.elements = elements;
  if (!axes.empty()) {
    plan.row = axes.front();
    plan.outer.assign(axes.rbegin(), axes.rend() - 1);
  }
  return plan;
}

}  // namespace qconvert
