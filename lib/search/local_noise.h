// How much noise each node adds to what it reads, by a check's comparison of the tensors inside.
// isolated_damage.h tries first the nodes that add the most.
#pragma once

#include <map>
#include <string>

#include "lib/evaluation/comparison.h"
#include "lib/graph/graph.h"

namespace qconvert {

/// Returns, by the name of the node, the noise-to-signal ratio of its result (1: as much noise as
/// signal) less the largest one of what it reads. Nodes whose result was not compared are absent.
std::map<std::string, double> AddedNoise(const Graph& network, const Comparison& check);

}  // namespace qconvert
