// Where the weights of a graph lie in the model's file, element by element. What changes weights
// asks here where they are written back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/onnx/import.h"

namespace qconvert {

/// A constant that is a stored one in another order.
struct ConstantOrigin {
  std::string tensor;              ///< the stored one's name
  std::vector<uint32_t> elements;  ///< by element of the constant: its place in the stored one
};

/// An operand of a node: the node's name, and which.
using NodeOperand = std::pair<std::string, size_t>;

/// Finds the origins of float constants of a graph. The model is loaded twice more, with numbers
/// that tell where they stand in place of the weights; where passes do more than move them, nothing
/// is found.
///   unfolded  as LoadUnfolded gives it for the same arguments
///   wanted    operands of its nodes
///   result    of those that are a stored constant in another order, bit for bit
///   Throws Error as LoadUnfolded does.
std::map<NodeOperand, ConstantOrigin> FindConstantOrigins(const std::string& path,
                                                          const ImportOptions& import,
                                                          const Graph& unfolded,
                                                          const std::vector<NodeOperand>& wanted);

}  // namespace qconvert
