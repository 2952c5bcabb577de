// Which operators of a file a target does not take, and why. Convert asks it of the file that it
// made, read back; the summary tells the answer.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/tflite/target_profile.h"

namespace qconvert {

/// An operator that a target does not take.
struct UnfitOperator {
  const Node* node = nullptr;
  size_t place = 0;         ///< among the operators of the file
  std::string tflite_name;  ///< "CONV_2D"
  std::string reason;       ///< "no such operator", "stride_h is not 1 to 3"
};

/// Returns the operators of a file that a target does not take, in the order of the file.
///   graph  what ReadTflite made of `bytes`
std::vector<UnfitOperator> FindUnfit(const TargetProfile& target, std::span<const std::byte> bytes,
                                     const Graph& graph);

}  // namespace qconvert
