// Pairs the ports of two networks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/runner/port.h"

namespace qconvert {

/// Returns the index of the port with this name; `place` when there is none.
size_t FindPartner(const std::vector<Port>& ports, const std::string& name, size_t place);

/// Returns, for each of `wanted`, the index of its partner in `offered`: the one of the same name,
/// else the one at the same position.
///   what  "input" or "output", for messages
///   Throws Error(kUsage) when the numbers or the shapes differ.
std::vector<size_t> PairPorts(const std::vector<Port>& wanted, const std::vector<Port>& offered,
                              std::string_view what);

}  // namespace qconvert
