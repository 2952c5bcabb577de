// Finds the sums that normalizations read, such as the residual stream of a transformer.
#pragma once

#include <set>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns the sums that a node of `normalizations` reads, and what only these read: further sums,
/// and Concats. What moves values between them is looked through; a Concat that only moves what an
/// integer node made is none. The rows of such a sum may differ in size as they please, because a
/// normalization makes them equal.
std::set<const Node*> FindResidualSums(const Graph& graph,
                                       const std::set<const Node*>& normalizations);

}  // namespace qconvert
