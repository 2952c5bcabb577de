#include "lib/quantization/bias_correction.h"

#include <algorithm>
#include <utility>

namespace qconvert {
namespace {

/// What one channel shows.
struct ChannelErrors {
  double change = 0;  ///< of the bias, for a mean error of 0 over all samples
  /// Over all samples i, where c_i is the effect on sample i of the change that the others ask for:
  double explained = 0;  ///< sum of error_i c_i
  double squares = 0;    ///< sum of c_i^2
};

/// Returns the change of the bias that moves results by `error` in all.
double ChangeFor(double error, double moving) { return moving > 0 ? error / moving : 0; }

ChannelErrors Weigh(const ResultErrors& errors, size_t channel) {
  double error = 0, moving = 0;
  for (size_t i = 0; i < errors.samples(); ++i) {
    error += errors.error(i, channel);
    moving += errors.moving(i, channel);
  }
  ChannelErrors result{.change = ChangeFor(error, moving)};
  for (size_t i = 0; i < errors.samples(); ++i) {
    const double own_error = errors.error(i, channel), own_moving = errors.moving(i, channel);
    const double effect = own_moving * ChangeFor(error - own_error, moving - own_moving);
    result.explained += own_error * effect;
    result.squares += effect * effect;
  }
  return result;
}

}  // namespace

Graph LayerAlone(const Node& node, const LayerOperands& operands, Tensor result) {
  Graph graph;
  std::vector<TensorId> inputs;
  for (const Tensor* operand : {&operands.input, &operands.weights, &operands.bias}) {
    inputs.push_back(graph.AddTensor(*operand));
  }
  graph.inputs = {inputs.front()};
  graph.input_names = {operands.input.name};
  graph.output_names = {result.name};
  graph.outputs = {graph.AddTensor(std::move(result))};
  graph.Append(node.On(std::move(inputs), {graph.outputs.front()}));
  return graph;
}

Tensor ZeroBias(const Tensor& weights, const Tensor& result, const IntegerBias& integer) {
  const int64_t channels = result.shape.back();
  std::vector<AffineParams> scales;
  for (float scale : weights.quant->scales) scales.push_back({scale, 0});
  std::vector<float> zeros(static_cast<size_t>(channels));
  return PackBias(MakeConstantTensor(weights.name + "/bias", {channels}, std::move(zeros)), integer,
                  scales);
}

std::vector<double> BiasCorrection(const ResultErrors& errors) {
  std::vector<double> correction;
  double explained = 0, squares = 0;
  for (size_t c = 0; c < errors.channels(); ++c) {
    const ChannelErrors channel = Weigh(errors, c);
    correction.push_back(channel.change);
    explained += channel.explained;
    squares += channel.squares;
  }
  if (explained <= 0) return {};
  const double part = std::min(1.0, explained / squares);
  for (double& change : correction) change *= part;
  return correction;
}

}  // namespace qconvert
