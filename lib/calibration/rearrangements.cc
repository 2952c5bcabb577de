#include "lib/calibration/rearrangements.h"

#include <algorithm>

#include "lib/calibration/pad_ranges.h"

namespace qconvert {

TensorId RearrangedTensor(const Graph& graph, const Node& concat) {
  const TensorId source = SourceOfParams(graph, concat.input(0));
  const auto& operands = concat.inputs();
  const bool one = std::ranges::all_of(
      operands, [&](TensorId id) { return SourceOfParams(graph, id) == source; });
  return one ? source : kNoTensor;
}

void KeepRearranged(const Graph& graph, Ranges& ranges) {
  for (const Node& node : graph.nodes()) {
    if (!node.Is<Concat>()) continue;
    const TensorId source = RearrangedTensor(graph, node);
    if (source == kNoTensor || !ranges[static_cast<size_t>(source)]) continue;
    ranges[static_cast<size_t>(node.output())] = ranges[static_cast<size_t>(source)];
  }
}

}  // namespace qconvert
