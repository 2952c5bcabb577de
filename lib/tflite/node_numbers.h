// Numbers of a node that targets set limits to. target_fit.cc compares them with a profile's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns whether NodeNumbers knows a name.
bool IsNodeNumber(std::string_view name);

/// Returns what a name stands for at a node: an attribute of its operator by the name of the member
/// ("stride_h", "alpha"; 0 and 1 for a flag), or a figure of its tensors ("rank", see node_view.h).
/// A list has all its elements.
///   result  empty where the name has no meaning for the node
std::vector<double> NodeNumbers(std::string_view name, const Graph& graph, const Node& node);

/// Returns what a reason calls a name: the name of an attribute as it is, "kernel area" for the
/// figure "kernel_area".
///   result  lives as long as `name`
std::string_view NodeNumberWords(std::string_view name);

}  // namespace qconvert
