// The graph of a file, its nodes coloured by their arithmetic. The pages of verdicts and of
// conversions show it.
#pragma once

#include <string>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

/// Returns a strip with a part for each node, and the nodes from the first to the last with the
/// edges between them; nothing for no nodes.
std::string GraphSection(const std::vector<GraphNodeSummary>& nodes);

}  // namespace qconvert
