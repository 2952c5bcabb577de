#include "lib/passes/channel_order.h"

#include <memory>
#include <utility>

#include "lib/math/affine.h"
#include "lib/ops/op.h"
#include "lib/passes/linear.h"
#include "lib/passes/relayout.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Returns whether each element of the result needs but one element, of operand 0.
bool WorksOnEach(const Graph& graph, const Node& node) {
  if (OpOf(node).axes.kind != AxesRule::kElementwise || node.outputs().size() != 1) return false;
  for (size_t i = 1; i < node.inputs().size(); ++i) {
    if (!node.has_input(i)) continue;
    const Tensor& operand = graph.tensor(node.input(i));
    if (!operand.is_constant() || operand.elements() != 1) return false;
  }
  return node.has_input(0) && !graph.tensor(node.input(0)).is_constant();
}

/// Channels of groups belong to their group.
bool HasGroups(const Graph& graph, const Node& node) {
  return node.Is<DepthwiseConv2D>() ||
         graph.tensor(node.input(0)).shape.back() != graph.tensor(node.input(1)).shape.back();
}

template <typename T>
std::vector<T> Reordered(std::span<const T> values, std::span<const int64_t> sources) {
  std::vector<T> reordered;
  for (int64_t source : sources) reordered.push_back(values[static_cast<size_t>(source)]);
  return reordered;
}

std::vector<float> ReorderedAxis(const Tensor& weights, int axis,
                                 std::span<const int64_t> sources) {
  const auto values = weights.Values<float>();
  const ChannelView view = ViewChannels(weights.shape, axis);
  std::vector<float> reordered(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const int64_t channel = at / view.inner % view.channels;
    const int64_t moved = sources[static_cast<size_t>(channel)] - channel;
    reordered[i] = values[static_cast<size_t>(at + moved * view.inner)];
  }
  return reordered;
}

/// Replaces weights, whose grid follows unless it has one scale for all.
void ReplaceWeights(Graph& graph, Node& node, std::vector<float> values,
                    std::shared_ptr<const QuantParams> grid) {
  ReplaceFloats(graph, node, 1, std::move(values));
  graph.tensor(node.input(1)).constant->grid = std::move(grid);
}

}  // namespace

Node* ReorderableProducer(Graph& graph, TensorId id, bool channels_first) {
  Node* node = graph.Producer(id);
  if (node == nullptr || graph.SoleConsumer(id) == nullptr) return nullptr;
  const auto* transpose = node->As<Transpose>();
  if (channels_first && transpose != nullptr && transpose->perm == ChannelsLast().at(4)) {
    return ReorderableProducer(graph, node->input(0), false);
  }
  if (WorksOnEach(graph, *node)) {
    return ReorderableProducer(graph, node->input(0), channels_first);
  }
  const bool is_linear = !channels_first && OutputChannelAxis(graph, *node) >= 0;
  const bool has_constant_bias = !node->has_input(2) || graph.tensor(node->input(2)).is_constant();
  return is_linear && has_constant_bias && !HasGroups(graph, *node) ? node : nullptr;
}

bool HasReorderableInputs(const Graph& graph, const Node& node) {
  return (node.Is<Conv2D>() || node.Is<FullyConnected>()) && OutputChannelAxis(graph, node) >= 0 &&
         !HasGroups(graph, node);
}

void ReorderOutputs(Graph& graph, Node& node, std::span<const int64_t> sources) {
  const Tensor& weights = graph.tensor(node.input(1));
  auto grid = weights.constant->grid;
  if (grid != nullptr && grid->scales.size() == sources.size()) {
    QuantParams moved = *grid;
    moved.scales = Reordered<float>(grid->scales, sources);
    moved.zero_points = Reordered<int32_t>(grid->zero_points, sources);
    grid = std::make_shared<const QuantParams>(std::move(moved));
  }
  ReplaceWeights(graph, node, ReorderedAxis(weights, OutputChannelAxis(graph, node), sources),
                 std::move(grid));
  if (node.has_input(2)) {
    const auto bias = graph.tensor(node.input(2)).Values<float>();
    ReplaceFloats(graph, node, 2, Reordered<float>(bias, sources));
  }
  const auto known = graph.statistics.find(node.output());
  if (known == graph.statistics.end()) return;
  known->second.mean = Reordered<float>(known->second.mean, sources);
  known->second.deviation = Reordered<float>(known->second.deviation, sources);
}

void ReorderInputs(Graph& graph, Node& node, std::span<const int64_t> sources) {
  const Tensor& weights = graph.tensor(node.input(1));
  const int last = static_cast<int>(weights.rank()) - 1;
  ReplaceWeights(graph, node, ReorderedAxis(weights, last, sources), weights.constant->grid);
}

}  // namespace qconvert
