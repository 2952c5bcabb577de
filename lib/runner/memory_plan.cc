#include "lib/runner/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "lib/base/alignment.h"

namespace qconvert {
namespace {

bool Overlap(const Lifetime& a, const Lifetime& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

}  // namespace

MemoryPlan PlanMemory(std::span<const Lifetime> buffers) {
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return buffers[a].bytes > buffers[b].bytes; });

  MemoryPlan plan{std::vector<size_t>(buffers.size()), 0};
  std::vector<size_t> placed;  // by offset, ascending
  for (size_t i : order) {
    size_t offset = 0;
    for (size_t j : placed) {
      if (!Overlap(buffers[i], buffers[j])) continue;
      if (offset + Aligned(buffers[i].bytes) <= plan.offsets[j]) break;
      offset = std::max(offset, plan.offsets[j] + Aligned(buffers[j].bytes));
    }
    plan.offsets[i] = offset;
    plan.arena_bytes = std::max(plan.arena_bytes, offset + Aligned(buffers[i].bytes));
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), i,
                         [&](size_t a, size_t b) { return plan.offsets[a] < plan.offsets[b]; }),
        i);
  }
  return plan;
}

}  // namespace qconvert
