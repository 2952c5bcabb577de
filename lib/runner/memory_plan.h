// Places the tensors of a compiled graph in one arena, so that tensors that never live at the same
// time share memory. Used by compiled_graph.cc.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace qconvert {

/// One buffer's size and the steps during which it must keep its bytes (both ends included).
struct Lifetime {
  size_t bytes = 0;
  int first_step = 0;
  int last_step = 0;
};

struct MemoryPlan {
  std::vector<size_t> offsets;  ///< of each buffer, in bytes, multiples of 64
  size_t arena_bytes = 0;
};

/// Finds an offset for each buffer: largest first, each at the lowest place that is free during its
/// lifetime (greedy by size).
MemoryPlan PlanMemory(std::span<const Lifetime> buffers);

}  // namespace qconvert
