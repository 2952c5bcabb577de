// Lets the file take several samples at once, where the model leaves the batch open:
//
//   Reshape [1, 64]                 ->  Reshape [-1, 64]
//   StridedSlice of 1 sample in 1   ->  StridedSlice up to the last sample
//
// Condition: every node that a sample passes keeps samples apart (batch_growth.h). Where one does
// not, the batch stays 1, and the metadata "batch" names the node.
#include <spdlog/fmt/fmt.h>

#include "lib/graph/open_batch.h"
#include "lib/ops/rest_of_axis.h"
#include "lib/passes/batch_growth.h"
#include "lib/passes/passes.h"

namespace qconvert {
namespace {

void FreeNode(Node& node, const Graph& graph) {
  if (auto* reshape = std::get_if<Reshape>(&node.op); reshape != nullptr) {
    if (!reshape->shape.empty()) reshape->shape[0] = kRestOfAxis;
  }
  if (auto* slice = std::get_if<StridedSlice>(&node.op); slice != nullptr) {
    const Shape& shape = graph.tensor(node.input(0)).shape;
    const bool whole = slice->begin[0] == 0 && slice->stride[0] == 1 && slice->size[0] == shape[0];
    if (whole) slice->size[0] = kRestOfAxis;
  }
}

}  // namespace

void FreeBatch(Graph& graph) {
  if (!HasOpenBatch(graph)) return;
  Graph freed = graph;
  for (Node& node : freed.nodes()) {
    const bool constant = graph.tensor(node.input(0)).is_constant();
    if (!constant) FreeNode(node, freed);
  }
  const BatchGrowth growth = FollowBatch(freed);
  if (growth.stop == nullptr) {
    graph = std::move(freed);
    return;
  }
  CloseBatches(graph);
  graph.metadata["batch"] =
      fmt::format("1, for node '{}' ({}) does not keep samples apart, or a file states its shape",
                  growth.stop->name, growth.stop->kind());
}

}  // namespace qconvert
