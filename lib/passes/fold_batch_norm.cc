// Folds batch norm into the linear operator before or behind it: the paper's equations 20 and 21.
//
//     x -> Conv2D {W, b} -> BatchNorm {gamma, beta, mu, var}      x -> Conv2D {W', b'}
//                                                             =>
//     s = gamma / sqrt(var + epsilon),  t = beta - s mu
//     W' = s W,  b' = s b + t
//
// Behind it, when no padding adds zeros that batch norm never saw:
//
//     x -> BatchNorm -> Conv2D {W, b}        x -> Conv2D {W', b'}
//                                        =>
//     W'[o,..,i] = W[o,..,i] s[i],  b'[o] = b[o] + sum over .., i of W[o,..,i] t[i]
//
// With no partner it becomes a 1x1 DepthwiseConv2D {s, t}, which has integer weights and an int32
// bias; where there is no [N,H,W,C], a Mul by s and an Add of t.
//
// What is folded first leaves its mean (beta) and deviation (|gamma|) on the result: ranges for
// conversion without samples.
#include <cmath>

#include "lib/base/error.h"
#include "lib/math/affine.h"
#include "lib/passes/linear.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// y = scale x + shift, per channel.
struct ScaleShift {
  std::vector<float> scale, shift;
};

ScaleShift ScaleShiftOf(const Graph& graph, const Node& node) {
  const auto gamma = graph.tensor(node.input(1)).Values<float>();
  const auto beta = graph.tensor(node.input(2)).Values<float>();
  const auto mean = graph.tensor(node.input(3)).Values<float>();
  const auto variance = graph.tensor(node.input(4)).Values<float>();
  ScaleShift result;
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double deviation = std::sqrt(double{variance[c]} + node.As<BatchNorm>()->epsilon);
    const double scale = gamma[c] / deviation;
    result.scale.push_back(static_cast<float>(scale));
    result.shift.push_back(static_cast<float>(beta[c] - scale * mean[c]));
    if (!std::isfinite(result.scale.back()) || !std::isfinite(result.shift.back())) {
      Fail(ErrorKind::kUnusable, "node '" + node.name + "': channel " + std::to_string(c) +
                                     " has no finite scale: its variance is not positive, or its "
                                     "parameters are not finite");
    }
  }
  return result;
}

ChannelStatistics StatisticsOf(const Graph& graph, const Node& node) {
  const auto gamma = graph.tensor(node.input(1)).Values<float>();
  const auto beta = graph.tensor(node.input(2)).Values<float>();
  ChannelStatistics result{{beta.begin(), beta.end()}, {}};
  for (float g : gamma) result.deviation.push_back(std::abs(g));
  return result;
}

bool HasConstantParameters(const Graph& graph, const Node& node) {
  for (size_t i = 1; i < 5; ++i) {
    const Tensor& parameter = graph.tensor(node.input(i));
    if (!parameter.is_constant() || !parameter.is_float()) return false;
  }
  return true;
}

bool FoldBackward(Graph& graph, Node& node, const ScaleShift& affine) {
  Node* producer = FoldableProducer(graph, node.input(0));
  if (producer == nullptr) return false;
  ScaleAndShift(graph, *producer, affine.scale, affine.shift);
  graph.statistics[producer->output()] = StatisticsOf(graph, node);
  Absorb(graph, *producer, node);
  return true;
}

bool IsPadded(const Node& node) {
  const Window* window = nullptr;
  if (const auto* conv = node.As<Conv2D>()) window = &conv->window;
  if (const auto* conv = node.As<DepthwiseConv2D>()) window = &conv->window;
  if (window == nullptr) return !node.Is<FullyConnected>();
  return window->pad_top != 0 || window->pad_left != 0 || window->pad_bottom != 0 ||
         window->pad_right != 0;
}

bool FoldForward(Graph& graph, Node& node, const ScaleShift& affine) {
  Node* reader = graph.SoleConsumer(node.output());
  if (reader == nullptr || reader->input(0) != node.output() || IsPadded(*reader)) return false;
  if (OutputChannelAxis(graph, *reader) < 0) return false;
  EnsureBias(graph, *reader);
  if (!graph.tensor(reader->input(2)).is_constant()) return false;
  ShiftInputs(graph, *reader, affine.shift);
  ScaleInputs(graph, *reader, affine.scale);
  graph.Replace(node, node.input(0));
  return true;
}

void ReplaceAlone(Graph& graph, Node& node, ScaleShift affine) {
  const auto channels = static_cast<int64_t>(affine.scale.size());
  graph.statistics[node.output()] = StatisticsOf(graph, node);
  const TensorId input = node.input(0);
  const bool spatial = graph.tensor(input).rank() == 4;
  const Shape shape = spatial ? Shape{1, 1, 1, channels} : Shape{channels};
  const TensorId scale = AddFloats(graph, node.origin + "/scale", shape, std::move(affine.scale));
  const TensorId shift =
      AddFloats(graph, node.origin + "/shift", {channels}, std::move(affine.shift));
  if (spatial) {
    node.op = DepthwiseConv2D{};
    graph.SetInputs(node, {input, scale, shift});
    return;
  }
  const std::string name = node.origin + "/scaled";
  const TensorId scaled = EmitBefore(graph, node, Mul{}, {input, scale}, name);
  node.op = Add{};
  graph.SetInputs(node, {scaled, shift});
}

}  // namespace

void FoldBatchNorm(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (!node.Is<BatchNorm>() || !HasConstantParameters(graph, node)) return;
    ScaleShift affine = ScaleShiftOf(graph, node);
    if (FoldBackward(graph, node, affine) || FoldForward(graph, node, affine)) return;
    ReplaceAlone(graph, node, std::move(affine));
  });
}

}  // namespace qconvert
