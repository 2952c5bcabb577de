// What a node becomes when its tensors are stored with their axes in another order: the knowledge
// about operators that the choice of layouts needs.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/passes/movement.h"

namespace qconvert {

/// For each rank, how a tensor t is had from its stored form t': t = Transpose {perm} of t'.
using LayoutFamily = std::map<size_t, Permutation>;

/// Returns the family of ONNX's [N,C,...] stored as [N,...,C], for ranks 3 to 5.
const LayoutFamily& ChannelsLast();

/// A node that reads and writes stored forms.
struct Relayout {
  Operator op;                        ///< with renumbered axes
  size_t rank = 0;                    ///< of the operands in stored form
  std::vector<bool> stored_operands;  ///< by operand; others are read as they are
  std::vector<Permutation>
      result_perms;  ///< by output: result = Transpose {perm} of the new result
};

/// Returns how `node` works on stored forms; nothing when it cannot: its axes have a meaning.
std::optional<Relayout> RelayoutNode(const Graph& graph, const Node& node,
                                     const LayoutFamily& family);

}  // namespace qconvert
