// The attributes of an operator as numbers under their names. node_numbers.h adds the figures that
// are computed from tensors.
#pragma once

#include <string_view>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns whether any operator has an attribute of a name.
bool IsAttribute(std::string_view name);

/// Returns the values of an attribute of a node, all elements of a list; empty where its operator
/// has none of that name.
std::vector<double> AttributeNumbers(std::string_view name, const Node& node);

}  // namespace qconvert
