// The units of a search: a layer with weights, and what follows it without weights up to the next
// layers. A group's activations have one precision, so integers and reals meet between groups only.
#pragma once

#include <string>
#include <vector>

#include "lib/quantization/quantization_plan.h"
#include "lib/search/search_problem.h"

namespace qconvert {

/// Nodes that get one precision.
struct LayerGroup {
  std::vector<std::string> nodes;  ///< names, in the order of the graph
  size_t weights = 0;              ///< elements
  size_t channels = 0;             ///< that have a scale of their own
  GroupTraits traits;
};

/// Returns the groups of the nodes that are free: those to which the plan gives integers or stored
/// weights, and which are no exception.
///   network  float
///   plan     of the options without a search
///   precision  what the plan was made of
std::vector<LayerGroup> FindLayerGroups(const Graph& network, const PrecisionPlan& precision,
                                        const QuantizationPlan& plan);

}  // namespace qconvert
