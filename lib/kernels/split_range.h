// Splits long element-by-element loops over the threads of an inference: those of one row, and
// those of two broadcast operands.
#pragma once

#include <algorithm>
#include <type_traits>

#include "lib/base/alignment.h"
#include "lib/kernels/broadcast_plan.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

/// Returns into how many parts to split a loop over `elements` that can be cut into `most`; short
/// loops stay whole, for a thread takes microseconds to come.
inline size_t PartsOf(const Kernel::Buffers& buffers, size_t elements, size_t most) {
  constexpr size_t kLeast = size_t{1} << 15;
  if (buffers.threads == nullptr || buffers.threads->threads() == 1) return 1;
  const size_t wanted = kPartsPerThread * static_cast<size_t>(buffers.threads->threads());
  return std::clamp<size_t>(elements / kLeast, 1, std::min(wanted, std::max<size_t>(most, 1)));
}

/// Calls body(first, count) for ranges that make up [0, elements), each a multiple of 64 but the
/// last.
template <typename Body>
void SplitRange(const Kernel::Buffers& buffers, size_t elements, const Body& body) {
  const size_t parts = PartsOf(buffers, elements, elements);
  const size_t length = Aligned(elements / parts);
  buffers.Split(static_cast<int>(parts), [&](int part, std::byte*) {
    const size_t first = std::min(static_cast<size_t>(part) * length, elements);
    const bool last = static_cast<size_t>(part) + 1 == parts;
    body(first, last ? elements - first : std::min(length, elements - first));
  });
}

/// Calls function(row) for every row of a plan, with its operands, result and count in place.
///   row  has a, b, result, count, and a_moves and b_moves for operands that move along a row
template <typename Row>
void RunRows(const Kernel::Buffers& buffers, const BroadcastPlan& plan, const Row& row,
             void (*function)(const Row&)) {
  using Number = std::remove_pointer_t<decltype(Row::result)>;
  const auto* a = reinterpret_cast<const Number*>(buffers.inputs.front());
  const auto* b = reinterpret_cast<const Number*>(buffers.inputs.back());
  auto* result = reinterpret_cast<Number*>(buffers.outputs[0]);
  if (plan.outer.empty()) {
    return SplitRange(buffers, plan.elements, [&](size_t first, size_t count) {
      Row part = row;
      part.a = a + (row.a_moves ? first : 0);
      part.b = b + (row.b_moves ? first : 0);
      part.result = result + first;
      part.count = count;
      function(part);
    });
  }
  const size_t size = plan.outer.front().size;
  const size_t parts = PartsOf(buffers, plan.elements, size);
  buffers.Split(static_cast<int>(parts), [&](size_t part, std::byte*) {
    ForEachRow(plan, {size * part / parts, size * (part + 1) / parts},
               [&](size_t result_at, size_t a_at, size_t b_at) {
                 Row own = row;
                 own.a = a + a_at;
                 own.b = b + b_at;
                 own.result = result + result_at;
                 function(own);
               });
  });
}

}  // namespace qconvert
