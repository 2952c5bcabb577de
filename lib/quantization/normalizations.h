// Finds normalizations: what divides values by the root of their mean square or variance.
#pragma once

#include <set>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns the nodes of every normalization, however it is spelled (LayerNormalization, RMS,
/// Instance, Group, L2): centring, squares, their mean or sum, epsilon, root, division, and the
/// scale and offset that follow.
std::set<const Node*> FindNormalizations(const Graph& graph);

}  // namespace qconvert
