// What a network takes of a device, but for time: read off its graph. The summary of a conversion
// and the C array tell it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/graph/graph.h"

namespace qconvert {

/// The demands of one inference.
struct Demands {
  /// Peak of all activations, each in bytes of its own, planned by lifetime. A runtime that lets
  /// results lie in an operand's place takes less; what its kernels take for themselves is not in.
  size_t activation_bytes = 0;
  int64_t multiply_adds = 0;
  int64_t integer_multiply_adds = 0;  ///< those whose factors are integers, in dynamic nodes too
  size_t constant_bytes = 0;
  size_t integer_constant_bytes = 0;  ///< those of quantized constants
};

/// Returns how many products a node adds up; 0 where none are.
int64_t MultiplyAdds(const Graph& graph, const Node& node);

/// Returns what `graph` takes.
Demands DemandsOf(const Graph& graph);

}  // namespace qconvert
