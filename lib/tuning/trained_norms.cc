// The batch norms of a trained graph: their parameters, and the nodes that stand for a layer that
// has one.
#include <algorithm>
#include <utility>

#include "lib/ops/op.h"
#include "lib/tuning/trained_graph.h"

namespace qconvert {

std::vector<const TrainedLayer*> TrainedGraph::NormedLayers() const {
  std::vector<const TrainedLayer*> normed;
  for (const TrainedLayer& layer : layers_) {
    if (layer.norm) normed.push_back(&layer);
  }
  return normed;
}

bool TrainedGraph::IsForStatistics(const Node& node) const {
  return std::any_of(layers_.begin(), layers_.end(), [&](const TrainedLayer& layer) {
    return layer.norm && layer.norm->sums == node.output();
  });
}

/// The bias that the quantized graph has, corrections and all, becomes the norm's beta, so that the
/// folded form is what was built.
void TrainedGraph::AddNorm(const FoldedNorm& folded, TrainedLayer& layer) {
  TrainedNorm norm;
  norm.epsilon = folded.epsilon;
  norm.alone = folded.alone;
  const Node& node = *quantized_.FindNode(layer.node);
  norm.channels =
      ViewChannels(quantized_.tensor(layer.weights).shape, OpOf(node).quant.Operand(1).index);
  std::vector<float> beta(folded.channels()), mean(folded.channels());
  const std::vector<float> scale = FoldingScale(folded.gamma, folded.variance, folded.epsilon);
  const auto bias = segments_[layer.bias_segment].Of(std::span<const float>(initial_));
  for (size_t c = 0; c < mean.size(); ++c) {
    mean[c] = folded.mean[c] - folded.bias[c];
    beta[c] = bias[c] + scale[c] * mean[c];
  }
  const std::string& name = folded.norm;
  using Kind = Segment::Kind;
  norm.unfolded_segment = AddSegment(name + "/weights", Kind::kUnfolded, folded.weights);
  norm.gamma_segment = AddSegment(name + "/gamma", Kind::kGamma, folded.gamma);
  norm.beta_segment = AddSegment(name + "/beta", Kind::kBeta, beta);
  norm.mean_segment = AddSegment(name + "/mean", Kind::kMean, mean);
  norm.variance_segment = AddSegment(name + "/variance", Kind::kVariance, folded.variance);
  layer.norm = norm;
}

void TrainedGraph::UnfoldNorms() {
  for (TrainedLayer& layer : layers_) {
    if (layer.norm) UnfoldNorm(layer);
  }
  rounded_.resize(static_cast<size_t>(graph_.tensor_count()));
  size_t index = 0;
  for (const Node& node : graph_.nodes()) {
    ++index;
    for (TrainedLayer& layer : layers_) {
      if (layer.norm && layer.norm->sums == node.output()) layer.norm->first_node = index;
    }
  }
}

///     x -> Conv2D {W', b'} + clamp        x -> Conv2D {W} -> sums
///                                     =>
///                                         x -> Conv2D {W'} -> DepthwiseConv2D {scale, shift} +
///                                         clamp
///
/// Where there is no [N,H,W,C], a Mul by scale and an Add of shift take the last one's place.
void TrainedGraph::UnfoldNorm(TrainedLayer& layer) {
  Node& node = const_cast<Node&>(*graph_.FindNode(layer.node));
  const auto add = [&](const std::string& name, const Shape& shape) {
    return graph_.AddTensor({layer.node + name, ElementType::kFloat32, shape});
  };
  Operator linear = node.op;
  const Activation activation = std::exchange(*FusedActivation(linear), Activation::kNone);
  TrainedNorm& norm = *layer.norm;
  const Shape shape = graph_.tensor(node.output()).shape;
  const Shape channels{norm.channels.channels};
  norm.unfolded = add("/unfolded", graph_.tensor(layer.weights).shape);
  norm.sums = add("/sums", shape);
  const bool spatial = shape.size() == 4;
  norm.scale = add("/scale", spatial ? Shape{1, 1, 1, channels[0]} : channels);
  norm.shift = add("/shift", channels);
  const TensorId result = add("/linear", shape);
  const auto insert = [&](const std::string& name, Operator op, std::vector<TensorId> inputs,
                          TensorId output) {
    graph_.InsertBefore(node, Node(layer.node + name, std::move(op), std::move(inputs), {output}));
  };
  insert("/sums", linear, {layer.input, norm.unfolded}, norm.sums);
  insert("/linear", linear, {layer.input, layer.weights}, result);
  if (spatial) {
    node.op = DepthwiseConv2D{{}, activation};
    return graph_.SetInputs(node, {result, norm.scale, norm.shift});
  }
  const TensorId scaled = add("/scaled", shape);
  insert("/scaled", Mul{}, {result, norm.scale}, scaled);
  node.op = Add{activation};
  graph_.SetInputs(node, {scaled, norm.shift});
}

void TrainedGraph::MarkNorm(const TrainedLayer& layer) {
  const TrainedNorm& norm = *layer.norm;
  const bool wanted = IsWanted(layer.weights);
  segments_[norm.unfolded_segment].trained = wanted && !norm.alone;
  segments_[norm.gamma_segment].trained = wanted;
  segments_[norm.beta_segment].trained = wanted;
}

}  // namespace qconvert
