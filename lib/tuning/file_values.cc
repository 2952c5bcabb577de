#include "lib/tuning/file_values.h"

#include <algorithm>
#include <cmath>

#include "lib/math/bias.h"

namespace qconvert {
namespace {

/// Calls body(channel, first, count) for each run of weights of one channel.
template <typename Body>
void ForEachRun(const ChannelView& view, const Body& body) {
  const auto inner = static_cast<size_t>(view.inner);
  const auto channels = static_cast<size_t>(view.channels);
  for (size_t run = 0; run < static_cast<size_t>(view.outer) * channels; ++run) {
    body(run % channels, run * inner, inner);
  }
}

float InputScale(const TrainedGraph& graph, const TrainedLayer& layer,
                 std::span<const float> file_values) {
  return GridOf(graph, *graph.RoundingOf(layer.input), file_values).params.scale;
}

/// Writes the scales of all segments, in real units.
void SetScales(const TrainedGraph& graph, std::span<const float> parameters,
               std::span<float> values) {
  for (const TrainedLayer& layer : graph.layers()) {
    const size_t offset = graph.segments()[layer.scales_segment].offset;
    for (size_t c = 0; c < layer.initial.size(); ++c) {
      values[offset + c] = layer.initial[c].scale * std::exp(parameters[offset + c]);
    }
  }
  for (TensorId id = 0; id < graph.graph().tensor_count(); ++id) {
    const RoundedTensor* rounded = graph.RoundingOf(id);
    if (rounded == nullptr) continue;
    const size_t offset = graph.segments()[rounded->scale_segment].offset;
    values[offset] = rounded->initial.params.scale * std::exp(parameters[offset]);
  }
}

void SetBias(const TrainedGraph& graph, const TrainedLayer& layer,
             std::span<const float> parameters, std::span<float> values) {
  const Segment& segment = graph.segments()[layer.bias_segment];
  const std::vector<AffineParams> params = WeightParamsOf(graph, layer, values);
  const std::vector<int64_t> steps = BiasStepsOf(graph, layer, parameters, values);
  const float input_scale = InputScale(graph, layer, values);
  for (size_t c = 0; c < steps.size(); ++c) {
    const float step = params[params.size() == 1 ? 0 : c].scale * input_scale;
    values[segment.offset + c] = static_cast<float>(steps[c]) * step;
  }
}

/// Sets what a norm makes of its layer's result in the file: nothing, for it is folded.
void SetFolded(const TrainedGraph& graph, const TrainedLayer& layer,
               std::span<const float> parameters, std::span<float> values) {
  const auto of = [&](size_t segment, auto all) { return graph.segments()[segment].Of(all); };
  const TrainedNorm& norm = *layer.norm;
  std::ranges::copy(of(norm.unfolded_segment, parameters),
                    of(norm.unfolded_segment, values).begin());
  std::ranges::fill(of(norm.gamma_segment, values), 1.0F);
  std::ranges::copy(of(layer.bias_segment, values), of(norm.beta_segment, values).begin());
}

}  // namespace

std::vector<float> FileValuesOf(const TrainedGraph& graph, std::span<const float> parameters) {
  std::vector<float> values(parameters.size());
  SetScales(graph, parameters, values);
  for (const TrainedLayer& layer : graph.layers()) {
    RoundWeights(graph, layer, parameters, values);
    if (layer.bias != kNoTensor) SetBias(graph, layer, parameters, values);
    if (layer.norm) SetFolded(graph, layer, parameters, values);
  }
  return values;
}

void RoundWeights(const TrainedGraph& graph, const TrainedLayer& layer,
                  std::span<const float> parameters, std::span<float> values) {
  const Segment& segment = graph.segments()[layer.weights_segment];
  const std::vector<AffineParams> params = WeightParamsOf(graph, layer, values);
  const auto real = segment.Of(parameters);
  const auto rounded = segment.Of(values);
  ForEachRun(layer.view, [&](size_t channel, size_t first, size_t count) {
    FakeQuantize(real.subspan(first, count), {params[channel], layer.limits},
                 rounded.subspan(first, count));
  });
}

std::vector<AffineParams> WeightParamsOf(const TrainedGraph& graph, const TrainedLayer& layer,
                                         std::span<const float> file_values) {
  std::vector<AffineParams> params = layer.initial;
  const auto scales = graph.segments()[layer.scales_segment].Of(file_values);
  for (size_t c = 0; c < params.size(); ++c) params[c].scale = scales[c];
  return params;
}

Grid GridOf(const TrainedGraph& graph, const RoundedTensor& tensor,
            std::span<const float> file_values) {
  Grid grid = tensor.initial;
  grid.params.scale = file_values[graph.segments()[tensor.scale_segment].offset];
  return grid;
}

std::vector<int64_t> BiasStepsOf(const TrainedGraph& graph, const TrainedLayer& layer,
                                 std::span<const float> parameters,
                                 std::span<const float> file_values) {
  const auto bias = graph.segments()[layer.bias_segment].Of(parameters);
  const float input_scale = InputScale(graph, layer, file_values);
  const std::vector<AffineParams> weights = WeightParamsOf(graph, layer, file_values);
  std::vector<int64_t> steps(bias.size());
  if (graph.quantized().tensor(layer.bias).type == ElementType::kInt64) {
    QuantizeBias(bias, input_scale, weights, steps);
    return steps;
  }
  std::vector<int32_t> narrow(bias.size());
  QuantizeBias(bias, input_scale, weights, narrow);
  std::copy(narrow.begin(), narrow.end(), steps.begin());
  return steps;
}

void PassThroughWeights(const TrainedGraph& graph, const TrainedLayer& layer,
                        std::span<const float> parameters, std::span<const float> file_values,
                        std::span<float> gradients) {
  const Segment& segment = graph.segments()[layer.weights_segment];
  const std::vector<AffineParams> params = WeightParamsOf(graph, layer, file_values);
  const auto real = segment.Of(parameters);
  const auto by_weights = segment.Of(gradients);
  std::vector<double> by_scales(params.size());
  ForEachRun(layer.view, [&](size_t channel, size_t first, size_t count) {
    by_scales[channel] +=
        PassThroughGrid(real.subspan(first, count), {params[channel], layer.limits},
                        by_weights.subspan(first, count));
  });
  const float weight = ScaleGradientWeight(real.size() / params.size(), layer.limits);
  const auto scales = graph.segments()[layer.scales_segment].Of(gradients);
  for (size_t c = 0; c < by_scales.size(); ++c) {
    scales[c] = static_cast<float>(by_scales[c]) * weight;
  }
}

void PassThroughRounding(const TrainedGraph& graph, std::span<const float> parameters,
                         std::span<const float> file_values, std::span<float> gradients) {
  for (const TrainedLayer& layer : graph.layers()) {
    PassThroughWeights(graph, layer, parameters, file_values, gradients);
  }
}

void KeepTrained(const TrainedGraph& graph, std::span<float> gradients) {
  for (const Segment& segment : graph.segments()) {
    const auto own = segment.Of(gradients);
    if (!segment.trained) std::fill(own.begin(), own.end(), 0.0F);
  }
}

}  // namespace qconvert
