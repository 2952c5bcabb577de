// Gives the operands of a Concat that a model ends with outputs of their own: boxes in pixels and
// scores below 1 then need not share one scale. convert/ and qeval's reference apply it on request,
// after the float passes.
#pragma once

#include <string>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// An output that a Concat computes, and the names of the outputs that stand in its place.
struct JoinedOutput {
  std::string name;
  std::vector<std::string> parts;  ///< named after the tensors that are joined, in their order
};

/// Returns the outputs that SplitOutputs splits.
std::vector<JoinedOutput> FindJoinedOutputs(const Graph& graph);

/// Splits them.
///
///     boxes --> Concat -> output        boxes  -> output "boxes"
///     scores -----^                 =>  scores -> output "scores"
void SplitOutputs(Graph& graph);

}  // namespace qconvert
