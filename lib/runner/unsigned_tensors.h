// Which int8 tensors lie as unsigned bytes between kernels: processors multiply unsigned
// activations with signed weights faster than two signed numbers. compiled_graph.cc asks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns for each tensor, by id, what its bytes are XORed with: kSignFlip for int8 activations of
/// one scale, 0 for all others. What shares bytes with an input or output of the graph is as its
/// type says.
///   owners  by tensor id: the tensor whose bytes it takes (buffer_owners.h)
std::vector<uint8_t> FindFlips(const Graph& graph, std::span<const TensorId> owners);

}  // namespace qconvert
