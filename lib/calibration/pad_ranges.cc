#include "lib/calibration/pad_ranges.h"

#include <algorithm>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

/// The steps of int8 that are left are fewer than 4 bits beyond it.
constexpr float kMostWidening = 16;

void Cover(float value, Range& range) {
  const Range wider{std::min(range.min, value), std::max(range.max, value)};
  if (wider.max - wider.min <= kMostWidening * (range.max - range.min)) range = wider;
}

}  // namespace

TensorId SourceOfParams(const Graph& graph, TensorId id) {
  const Node* producer = graph.Producer(id);
  while (producer != nullptr && OpOf(*producer).quant.KeepsParams()) {
    id = producer->input(0);
    producer = graph.Producer(id);
  }
  return id;
}

void CoverPads(const Graph& graph, Ranges& ranges) {
  for (const Node& node : graph.nodes()) {
    const Pad* pad = node.As<Pad>();
    if (pad == nullptr) continue;
    auto& range = ranges[static_cast<size_t>(SourceOfParams(graph, node.input(0)))];
    if (range) Cover(pad->value, *range);
  }
}

}  // namespace qconvert
