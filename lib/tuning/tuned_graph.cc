#include "lib/tuning/tuned_graph.h"

#include <cmath>

#include "lib/ops/op.h"
#include "lib/tuning/file_values.h"
#include "lib/tuning/narrow_activations.h"

namespace qconvert {
namespace {

/// Replaces the values of a constant, under new scales.
template <typename T>
void Replace(Tensor& tensor, std::vector<T> values, std::vector<float> scales) {
  Tensor replaced = MakeConstantTensor(tensor.name, tensor.shape, std::move(values));
  replaced.type = tensor.type;
  replaced.quant = tensor.quant;
  replaced.quant->scales = std::move(scales);
  tensor = std::move(replaced);
}

/// Returns the steps of weights that lie on their grid.
std::vector<int8_t> StepsOf(const ChannelView& view, std::span<const float> weights,
                            std::span<const AffineParams> channels) {
  std::vector<int8_t> steps(weights.size());
  const auto inner = static_cast<size_t>(view.inner);
  for (size_t i = 0; i < steps.size(); ++i) {
    const AffineParams& params = channels[i / inner % channels.size()];
    steps[i] = static_cast<int8_t>(std::lround(weights[i] / params.scale) + params.zero_point);
  }
  return steps;
}

void SetLayer(const TrainedGraph& trained, const TrainedLayer& layer,
              std::span<const float> parameters, std::span<const float> file_values, Graph& graph) {
  const std::vector<AffineParams> params = WeightParamsOf(trained, layer, file_values);
  std::vector<float> scales;
  for (const AffineParams& channel : params) scales.push_back(channel.scale);
  const auto weights = trained.segments()[layer.weights_segment].Of(file_values);
  Replace(graph.tensor(layer.weights), StepsOf(layer.view, weights, params), scales);
  if (layer.bias == kNoTensor) return;
  const float input_scale =
      GridOf(trained, *trained.RoundingOf(layer.input), file_values).params.scale;
  for (float& scale : scales) scale *= input_scale;
  const std::vector<int64_t> steps = BiasStepsOf(trained, layer, parameters, file_values);
  Tensor& bias = graph.tensor(layer.bias);
  if (bias.type == ElementType::kInt64) {
    Replace(bias, steps, scales);
  } else {
    Replace(bias, std::vector<int32_t>(steps.begin(), steps.end()), scales);
  }
}

/// Clamps tensors that have fewer points than their type, but for results that are operands moved.
void ClampNarrow(const TrainedGraph& trained, Graph& graph) {
  for (TensorId id = 0; id < trained.quantized().tensor_count(); ++id) {
    const RoundedTensor* rounded = trained.RoundingOf(id);
    if (rounded == nullptr || graph.tensor(id).type != ElementType::kInt8) continue;
    const IntegerLimits limits = rounded->initial.limits;
    const Node* producer = graph.Producer(id);
    if (producer != nullptr && OpOf(*producer).quant.KeepsParams()) continue;
    if (limits.max < kInt8Limits.max && graph.IsUsed(id)) ClampReaders(graph, id, limits);
  }
}

}  // namespace

Graph TunedGraphOf(const TrainedGraph& trained, std::span<const float> parameters) {
  const std::vector<float> file_values = FileValuesOf(trained, parameters);
  Graph graph = trained.quantized();
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    const RoundedTensor* rounded = trained.RoundingOf(id);
    if (rounded == nullptr) continue;
    const AffineParams params = GridOf(trained, *rounded, file_values).params;
    graph.tensor(id).quant->scales = {params.scale};
    graph.tensor(id).quant->zero_points = {params.zero_point};
  }
  for (const TrainedLayer& layer : trained.layers()) {
    SetLayer(trained, layer, parameters, file_values, graph);
  }
  ClampNarrow(trained, graph);
  return graph;
}

}  // namespace qconvert
