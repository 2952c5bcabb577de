#include "lib/tuning/folded_norms.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "lib/math/affine.h"
#include "lib/passes/linear.h"

namespace qconvert {
namespace {

std::vector<float> ValuesOf(const Graph& graph, TensorId id) {
  const auto values = graph.tensor(id).Values<float>();
  return {values.begin(), values.end()};
}

bool HasConstantParameters(const Graph& graph, const Node& norm) {
  return std::all_of(norm.inputs().begin() + 1, norm.inputs().end(), [&](TensorId id) {
    return graph.tensor(id).is_constant() && graph.tensor(id).is_float();
  });
}

FoldedNorm ParametersOf(const Graph& graph, const Node& norm) {
  FoldedNorm found;
  found.norm = norm.name;
  found.gamma = ValuesOf(graph, norm.input(1));
  found.beta = ValuesOf(graph, norm.input(2));
  found.mean = ValuesOf(graph, norm.input(3));
  found.variance = ValuesOf(graph, norm.input(4));
  found.epsilon = norm.As<BatchNorm>()->epsilon;
  found.bias.resize(found.channels());
  return found;
}

/// Adds the layer that a batch norm is folded into, or 1 where it becomes a layer itself.
void AddLayer(Graph& graph, const Node& norm, FoldedNorm& found) {
  const Node* layer = FoldableProducer(graph, norm.input(0));
  found.alone = layer == nullptr;
  found.layer = found.alone ? norm.name : layer->name;
  found.weights =
      found.alone ? std::vector<float>(found.channels(), 1.0F) : ValuesOf(graph, layer->input(1));
  if (!found.alone && layer->has_input(2)) found.bias = ValuesOf(graph, layer->input(2));
}

/// Returns whether the layer's weights in the folded graph are W, scaled by this norm alone.
bool IsAllThatWasFolded(const FoldedNorm& norm, const Graph& folded) {
  const Node* layer = folded.FindNode(norm.layer);
  if (layer == nullptr || OutputChannelAxis(folded, *layer) < 0 || !layer->has_input(2)) {
    return false;
  }
  const Tensor& weights = folded.tensor(layer->input(1));
  const auto values = weights.Values<float>();
  const ChannelView view = ViewChannels(weights.shape, OutputChannelAxis(folded, *layer));
  if (values.size() != norm.weights.size()) return false;
  if (static_cast<size_t>(view.channels) != norm.channels()) return false;
  const std::vector<float> scale = FoldingScale(norm.gamma, norm.variance, norm.epsilon);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t channel = i / static_cast<size_t>(view.inner) % scale.size();
    if (values[i] != norm.weights[i] * scale[channel]) return false;
  }
  return true;
}

}  // namespace

std::vector<float> FoldingScale(std::span<const float> gamma, std::span<const float> variance,
                                float epsilon) {
  std::vector<float> scale;
  for (size_t c = 0; c < gamma.size(); ++c) {
    scale.push_back(
        static_cast<float>(double{gamma[c]} / std::sqrt(double{variance[c]} + double{epsilon})));
  }
  return scale;
}

FoldedNorms FindFoldedNorms(Graph unfolded, const Graph& folded) {
  FoldedNorms result;
  for (const Node& node : unfolded.nodes()) {
    if (!node.Is<BatchNorm>() || !HasConstantParameters(unfolded, node)) continue;
    FoldedNorm norm = ParametersOf(unfolded, node);
    AddLayer(unfolded, node, norm);
    if (IsAllThatWasFolded(norm, folded)) {
      result.norms.push_back(std::move(norm));
    } else {
      result.merged.push_back(norm.norm);
    }
  }
  return result;
}

}  // namespace qconvert
