// Which operators a file has: what a device that links only some kernels must link.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace qconvert {

/// Returns the names of a file's operators, each once, in the alphabet's order: "ADD", "CONV_2D".
///   bytes  of a file that was read without an error
std::vector<std::string> OperatorNames(std::span<const std::byte> bytes);

/// Returns the name of each operator of a file, in the order in which they run.
///   bytes  of a file that was read without an error
std::vector<std::string> OperatorNamesInOrder(std::span<const std::byte> bytes);

}  // namespace qconvert
