#include "lib/tuning/saved_weights.h"

#include <algorithm>
#include <cmath>

#include "lib/passes/linear.h"

namespace qconvert {
namespace {

using Constants = std::map<std::string, std::vector<float>>;

void Put(const ConstantOrigin* origin, std::span<const float> values, Constants& constants) {
  if (origin == nullptr) return;
  std::vector<float>& stored = constants[origin->tensor];
  stored.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) stored[origin->elements[i]] = values[i];
}

std::vector<float> Values(const Tensor& tensor) {
  const auto values = tensor.Values<float>();
  return {values.begin(), values.end()};
}

/// Returns a + b - c.
std::vector<float> Moved(std::span<const float> a, std::span<const float> b,
                         std::span<const float> c) {
  std::vector<float> moved(a.size());
  for (size_t i = 0; i < moved.size(); ++i) {
    moved[i] = static_cast<float>(double{a[i]} + double{b[i]} - double{c[i]});
  }
  return moved;
}

bool HasZero(std::span<const float> values) {
  return std::ranges::find(values, 0.0F) != values.end();
}

/// A norm's parameters, and weights before it, that have given weights when they are folded.
struct Unfolded {
  std::vector<float> weights, gamma;
};

/// The norm's gamma stays; but where it is 0, or there are no weights, it takes the scale.
Unfolded Unfold(const FoldedNorm& norm, const ChannelView& view, std::span<const float> folded) {
  Unfolded result{{folded.begin(), folded.end()}, norm.gamma};
  std::vector<float> scale = FoldingScale(norm.gamma, norm.variance, norm.epsilon);
  for (size_t c = 0; c < scale.size(); ++c) {
    const double deviation = std::sqrt(double{norm.variance[c]} + double{norm.epsilon});
    if (norm.alone) {
      result.gamma[c] = static_cast<float>(double{folded[c]} * deviation);
    } else if (scale[c] == 0) {
      result.gamma[c] = static_cast<float>(deviation);
      scale[c] = 1;
    }
  }
  for (size_t i = 0; i < folded.size() && !norm.alone; ++i) {
    const auto channel = static_cast<int64_t>(i) / view.inner % view.channels;
    result.weights[i] /= scale[static_cast<size_t>(channel)];
  }
  return result;
}

/// Adds to beta what the mean, scaled by another gamma, takes away.
void MoveWithMean(const FoldedNorm& norm, std::span<const float> gamma, std::vector<float>& beta) {
  const std::vector<float> before = FoldingScale(norm.gamma, norm.variance, norm.epsilon);
  const std::vector<float> after = FoldingScale(gamma, norm.variance, norm.epsilon);
  for (size_t c = 0; c < beta.size(); ++c) {
    beta[c] += (after[c] - before[c]) * (norm.mean[c] - norm.bias[c]);
  }
}

}  // namespace

std::vector<NodeOperand> TrainableOperands(const Graph& unfolded) {
  std::vector<NodeOperand> operands;
  for (const Node& node : unfolded.nodes()) {
    const size_t last = node.Is<BatchNorm>() ? 4 : OutputChannelAxis(unfolded, node) >= 0 ? 2 : 0;
    for (size_t i = 1; i <= last; ++i) operands.emplace_back(node.name, i);
  }
  return operands;
}

bool IsSavable(const FoldedNorm& norm, const std::map<NodeOperand, ConstantOrigin>& origins) {
  for (size_t i = 1; i <= 4; ++i) {
    if (origins.count({norm.norm, i}) == 0) return false;
  }
  return norm.alone || origins.count({norm.layer, 1}) != 0;
}

SavedWeights::SavedWeights(const Graph& real, const Graph& unfolded, std::vector<FoldedNorm> norms,
                           const std::map<NodeOperand, ConstantOrigin>& origins,
                           TrainedGraph& graph)
    : norms_(std::move(norms)), origins_(origins) {
  for (const TrainedLayer& layer : graph.layers()) {
    Places places;
    places.layer = &layer;
    FindPlaces(real, unfolded, places);
    KeepRest(places, graph);
    places_.push_back(std::move(places));
  }
}

const ConstantOrigin* SavedWeights::Find(const std::string& node, size_t operand) const {
  const auto found = origins_.find({node, operand});
  return found == origins_.end() ? nullptr : &found->second;
}

void SavedWeights::FindPlaces(const Graph& real, const Graph& unfolded, Places& places) const {
  const std::string& name = places.layer->node;
  const Node& folded = *real.FindNode(name);
  if (folded.has_input(2)) places.first_bias = Values(real.tensor(folded.input(2)));
  const auto norm = std::ranges::find(norms_, name, &FoldedNorm::layer);
  if (norm != norms_.end()) {
    places.channels =
        ViewChannels(real.tensor(folded.input(1)).shape, OutputChannelAxis(real, folded));
    places.norm = &*norm;
    places.weights = norm->alone ? nullptr : Find(name, 1);
    places.gamma = Find(norm->norm, 1);
    places.beta = Find(norm->norm, 2);
    places.mean = Find(norm->norm, 3);
    places.variance = Find(norm->norm, 4);
    places.stored_bias = norm->beta;
    return;
  }
  const Node* own = unfolded.FindNode(name);
  if (own == nullptr || OutputChannelAxis(unfolded, *own) < 0) return;
  if (!std::ranges::equal(unfolded.tensor(own->input(1)).Values<float>(),
                          real.tensor(folded.input(1)).Values<float>())) {
    return;
  }
  places.weights = Find(name, 1);
  places.bias = Find(name, 2);
  if (places.bias != nullptr) places.stored_bias = Values(unfolded.tensor(own->input(2)));
}

void SavedWeights::KeepRest(const Places& places, TrainedGraph& graph) {
  const TrainedLayer& layer = *places.layer;
  if (layer.norm) return;  // only norms that can be saved are trained so
  const bool alone = places.norm != nullptr && places.norm->alone;
  const bool by_gamma = places.norm != nullptr && (alone || HasZero(places.norm->gamma));
  const bool lacks_gamma = by_gamma && (places.gamma == nullptr || places.beta == nullptr);
  if ((!alone && places.weights == nullptr) || lacks_gamma) {
    Keep(layer.weights_segment, "the weights of " + layer.node, graph);
  }
  if (layer.bias != kNoTensor && (places.norm ? places.beta : places.bias) == nullptr) {
    Keep(layer.bias_segment, "the bias of " + layer.node, graph);
  }
}

void SavedWeights::Keep(size_t segment, const std::string& what, TrainedGraph& graph) {
  if (!graph.segments()[segment].trained) return;
  kept_.push_back(what);
  graph.Keep(segment);
}

std::map<std::string, std::vector<float>> SavedWeights::ValuesOf(
    const TrainedGraph& graph, std::span<const float> parameters) const {
  Constants constants;
  for (const Places& places : places_) {
    if (places.layer->norm) {
      PutNormed(places, graph, parameters, constants);
    } else {
      PutFolded(places, graph, parameters, constants);
    }
  }
  return constants;
}

/// Of a layer that is trained beside its norm.
void SavedWeights::PutNormed(const Places& places, const TrainedGraph& graph,
                             std::span<const float> parameters, Constants& constants) const {
  const TrainedNorm& norm = *places.layer->norm;
  const FoldedNorm& first = *places.norm;
  const auto of = [&](size_t segment) { return graph.segments()[segment].Of(parameters); };
  if (!graph.segments()[norm.gamma_segment].trained) return;
  Put(places.weights, of(norm.unfolded_segment), constants);
  Put(places.gamma, of(norm.gamma_segment), constants);
  Put(places.variance, of(norm.variance_segment), constants);
  const std::vector<float> scale = FoldingScale(first.gamma, first.variance, first.epsilon);
  std::vector<float> mean, first_beta;
  for (size_t c = 0; c < scale.size(); ++c) {
    mean.push_back(of(norm.mean_segment)[c] + first.bias[c]);
    first_beta.push_back(places.first_bias[c] + scale[c] * (first.mean[c] - first.bias[c]));
  }
  Put(places.mean, mean, constants);
  Put(places.beta, Moved(places.stored_bias, of(norm.beta_segment), first_beta), constants);
}

/// Of a layer whose weights are trained as they are, with a norm folded in or without.
void SavedWeights::PutFolded(const Places& places, const TrainedGraph& graph,
                             std::span<const float> parameters, Constants& constants) const {
  const TrainedLayer& layer = *places.layer;
  const Segment& weights = graph.segments()[layer.weights_segment];
  std::vector<float> stored_bias = places.stored_bias;
  if (weights.trained && places.norm == nullptr) {
    Put(places.weights, weights.Of(parameters), constants);
  } else if (weights.trained) {
    const Unfolded unfolded = Unfold(*places.norm, places.channels, weights.Of(parameters));
    Put(places.weights, unfolded.weights, constants);
    Put(places.gamma, unfolded.gamma, constants);
    MoveWithMean(*places.norm, unfolded.gamma, stored_bias);
    Put(places.beta, stored_bias, constants);
  }
  const Segment& bias = graph.segments()[layer.bias_segment];
  if (layer.bias == kNoTensor || !bias.trained) return;
  Put(places.norm ? places.beta : places.bias,
      Moved(stored_bias, bias.Of(parameters), places.first_bias), constants);
}

}  // namespace qconvert
