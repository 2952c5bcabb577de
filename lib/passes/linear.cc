#include "lib/passes/linear.h"

#include <cmath>
#include <memory>
#include <utility>

#include "lib/math/affine.h"
#include "lib/ops/op.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

bool IsFloatConstant(const Graph& graph, TensorId id) {
  return id != kNoTensor && graph.tensor(id).is_constant() && graph.tensor(id).is_float();
}

std::vector<float> ScaledWeights(const Tensor& weights, int axis, std::span<const float> scale) {
  const auto values = weights.Values<float>();
  const ChannelView view = ViewChannels(weights.shape, axis);
  std::vector<float> scaled(values.size());
  for (size_t i = 0; i < scaled.size(); ++i) {
    const auto channel = static_cast<int64_t>(i) / view.inner % view.channels;
    scaled[i] = values[i] * scale[static_cast<size_t>(channel)];
  }
  return scaled;
}

/// Returns the grid of weights whose output channels were scaled, null where that has none.
std::shared_ptr<const QuantParams> ScaledGrid(const Constant& weights,
                                              std::span<const float> scale) {
  if (weights.grid == nullptr) return nullptr;
  QuantParams grid = *weights.grid;
  const auto channels = scale.size();
  if (grid.scales.size() == 1) {
    grid.scales.resize(channels, grid.scale());
    grid.zero_points.resize(channels, grid.zero_point());
  }
  if (grid.scales.size() != channels) return nullptr;
  for (size_t c = 0; c < channels; ++c) grid.scales[c] *= std::abs(scale[c]);
  return std::make_shared<const QuantParams>(std::move(grid));
}

}  // namespace

size_t InputChannel(const Node& node, const Shape& shape, size_t channels, size_t element) {
  const auto last = static_cast<size_t>(shape.back());
  if (node.Is<DepthwiseConv2D>()) return element % last / (last / channels);
  const size_t groups = channels / last;
  const size_t per_output = static_cast<size_t>(NumElements(shape) / shape[0]);
  const size_t outputs_per_group = static_cast<size_t>(shape[0]) / groups;
  return element / per_output / outputs_per_group * last + element % last;
}

int OutputChannelAxis(const Graph& graph, const Node& node) {
  const OperandRule& weights = OpOf(node).quant.Operand(1);
  const bool linear = weights.kind == OperandRule::kWeight && IsFloatConstant(graph, node.input(1));
  return linear ? weights.index : -1;
}

int64_t OutputChannels(const Graph& graph, const Node& node) {
  const int axis = OutputChannelAxis(graph, node);
  return graph.tensor(node.input(1)).shape[static_cast<size_t>(axis)];
}

Node* FoldableProducer(Graph& graph, TensorId id) {
  Node* node = graph.Producer(id);
  if (node == nullptr || graph.SoleConsumer(id) == nullptr) return nullptr;
  if (graph.grids.count(id) != 0) return nullptr;
  if (OutputChannelAxis(graph, *node) < 0) return nullptr;
  const bool constant_bias = !node->has_input(2) || IsFloatConstant(graph, node->input(2));
  const bool bare = *FusedActivation(node->op) == Activation::kNone;
  return constant_bias && bare ? node : nullptr;
}

void ScaleAndShift(Graph& graph, Node& node, std::span<const float> scale,
                   std::span<const float> shift) {
  EnsureBias(graph, node);
  const int axis = OutputChannelAxis(graph, node);
  const auto grid = ScaledGrid(*graph.tensor(node.input(1)).constant, scale);
  ReplaceFloats(graph, node, 1, ScaledWeights(graph.tensor(node.input(1)), axis, scale));
  graph.tensor(node.input(1)).constant->grid = grid;
  const auto old_bias = graph.tensor(node.input(2)).Values<float>();
  std::vector<float> bias(old_bias.size());
  for (size_t c = 0; c < bias.size(); ++c) {
    bias[c] = static_cast<float>(double{scale[c]} * old_bias[c] + shift[c]);
  }
  ReplaceFloats(graph, node, 2, std::move(bias));

  const auto known = graph.statistics.find(node.output());
  if (known == graph.statistics.end()) return;
  for (size_t c = 0; c < scale.size(); ++c) {
    known->second.mean[c] = scale[c] * known->second.mean[c] + shift[c];
    known->second.deviation[c] *= std::abs(scale[c]);
  }
}

void ScaleInputs(Graph& graph, Node& node, std::span<const float> scale) {
  const Tensor& weights = graph.tensor(node.input(1));
  const auto values = weights.Values<float>();
  std::vector<float> scaled(values.size());
  for (size_t i = 0; i < scaled.size(); ++i) {
    scaled[i] = values[i] * scale[InputChannel(node, weights.shape, scale.size(), i)];
  }
  ReplaceFloats(graph, node, 1, std::move(scaled));
}

void ShiftInputs(Graph& graph, Node& node, std::span<const float> shift) {
  EnsureBias(graph, node);
  const Tensor& weights = graph.tensor(node.input(1));
  const auto values = weights.Values<float>();
  const auto old_bias = graph.tensor(node.input(2)).Values<float>();
  const ChannelView outputs = ViewChannels(weights.shape, OutputChannelAxis(graph, node));
  std::vector<double> bias(old_bias.begin(), old_bias.end());
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t channel = InputChannel(node, weights.shape, shift.size(), i);
    const auto output = static_cast<int64_t>(i) / outputs.inner % outputs.channels;
    bias[static_cast<size_t>(output)] += double{values[i]} * shift[channel];
  }
  ReplaceFloats(graph, node, 2, {bias.begin(), bias.end()});
}

void EnsureBias(Graph& graph, Node& node) {
  if (node.has_input(2)) return;
  const int64_t channels = OutputChannels(graph, node);
  const TensorId zeros = AddFloats(graph, node.origin + "/bias", {channels},
                                   std::vector<float>(static_cast<size_t>(channels)));
  graph.SetInputs(node, {node.input(0), node.input(1), zeros});
}

}  // namespace qconvert
