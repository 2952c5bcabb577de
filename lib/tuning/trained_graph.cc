#include "lib/tuning/trained_graph.h"

#include <algorithm>
#include <cmath>

#include "lib/base/error.h"
#include "lib/math/quantize.h"
#include "lib/ops/op.h"
#include "lib/tuning/gradient_paths.h"
#include "lib/tuning/narrow_activations.h"
#include "lib/tuning/scale_groups.h"

namespace qconvert {
namespace {

constexpr float kInside = 0.4F;  // of a step, from its middle

IntegerLimits LimitsOf(ElementType type) {
  if (type == ElementType::kUInt8) return kUInt8Limits;
  return type == ElementType::kInt16 ? kInt16Limits : kInt8Limits;
}

/// Returns the parameters of each channel of weights, and their channels.
std::vector<AffineParams> ChannelParams(const QuantParams& quant) {
  std::vector<AffineParams> params;
  for (size_t c = 0; c < quant.scales.size(); ++c) {
    params.push_back({quant.scales[c], quant.zero_points[c]});
  }
  return params;
}

ChannelView ViewOf(const Tensor& tensor) {
  if (!tensor.quant->per_channel()) return {1, 1, tensor.elements()};
  return ViewChannels(tensor.shape, tensor.quant->axis);
}

/// Returns the integers that weights may become. Symmetric ones leave the lowest out.
IntegerLimits WeightLimits(const Tensor& weights) {
  const int32_t most = weights.type == ElementType::kInt4 ? 7 : 127;
  const auto& zeros = weights.quant->zero_points;
  const bool symmetric = std::all_of(zeros.begin(), zeros.end(), [](int32_t z) { return z == 0; });
  return {symmetric ? -most : -most - 1, most};
}

template <typename T>
std::vector<float> Reals(const Tensor& tensor) {
  std::vector<float> real(static_cast<size_t>(tensor.elements()));
  DequantizeChannels<T>(tensor.Values<T>(), ViewOf(tensor), ChannelParams(*tensor.quant), real);
  return real;
}

/// Returns the reals of a bias beside int16 activations: int64 with zero point 0.
std::vector<float> WideBias(const Tensor& tensor) {
  const auto steps = tensor.Values<int64_t>();
  const std::vector<float>& scales = tensor.quant->scales;
  std::vector<float> real(steps.size());
  for (size_t c = 0; c < real.size(); ++c) {
    real[c] = static_cast<float>(steps[c]) * scales[scales.size() == 1 ? 0 : c];
  }
  return real;
}

float RootMeanSquare(std::span<const float> values) {
  double sum = 0;
  for (float value : values) sum += double{value} * double{value};
  return static_cast<float>(std::sqrt(sum / static_cast<double>(values.size())));
}

float RangeOf(const Grid& grid) {
  return grid.params.scale * static_cast<float>(grid.limits.max - grid.limits.min);
}

/// Returns the reals that a quantized constant stands for.
std::vector<float> RealsOf(const Tensor& tensor) {
  switch (tensor.type) {
    case ElementType::kInt16:
      return Reals<int16_t>(tensor);
    case ElementType::kUInt8:
      return Reals<uint8_t>(tensor);
    case ElementType::kInt32:
      return Reals<int32_t>(tensor);
    case ElementType::kInt64:
      return WideBias(tensor);
    default:
      return Reals<int8_t>(tensor);
  }
}

}  // namespace

TrainedGraph::TrainedGraph(const Graph& real, Graph quantized, std::span<const TensorId> losses,
                           RangeTraining ranges, std::span<const FoldedNorm> norms,
                           int activation_bits)
    : quantized_(std::move(quantized)), graph_(quantized_) {
  AddLayers(real, norms);
  AddGrids(activation_bits);
  SetUnits();
  MakeReal();
  UnfoldNorms();
  FindPaths(losses);
  MarkTrained(ranges);
}

const RoundedTensor* TrainedGraph::RoundingOf(TensorId id) const {
  const auto& rounded = rounded_[static_cast<size_t>(id)];
  return rounded ? &*rounded : nullptr;
}

size_t TrainedGraph::trained_count() const {
  size_t count = 0;
  for (const Segment& segment : segments_) count += segment.trained ? segment.count : 0;
  return count;
}

void TrainedGraph::BeginWithIntegers() {
  for (const TrainedLayer& layer : layers_) {
    const Tensor& integers = quantized_.tensor(layer.weights);
    const std::vector<float> rounded = RealsOf(integers);
    const auto steps = integers.Values<int8_t>();
    const auto weights = segments_[layer.weights_segment].Of(std::span(initial_));
    const auto inner = static_cast<size_t>(layer.view.inner);
    for (size_t i = 0; i < weights.size(); ++i) {
      const AffineParams& params = layer.initial[i / inner % layer.initial.size()];
      if (QuantizeValue(weights[i], params, layer.limits) == steps[i]) continue;
      weights[i] = rounded[i] + std::copysign(kInside * params.scale, weights[i] - rounded[i]);
    }
  }
  SetUnits();
}

void TrainedGraph::AddLayers(const Graph& real, std::span<const FoldedNorm> norms) {
  for (const Node& node : quantized_.nodes()) {
    const TensorId weights = node.input(1);
    if (OpOf(node).quant.Operand(1).kind != OperandRule::kWeight || weights == kNoTensor) continue;
    const Tensor& tensor = quantized_.tensor(weights);
    if (!tensor.quant || !tensor.is_constant() || !IsInteger(quantized_, node)) continue;
    const Node* original = real.FindNode(node.name);
    Check(original != nullptr, "no float node for " + node.name);
    AddLayer(node, real.tensor(original->input(1)));
    const auto norm = std::find_if(norms.begin(), norms.end(), [&](const FoldedNorm& candidate) {
      return candidate.layer == node.name;
    });
    if (norm != norms.end() && layers_.back().bias != kNoTensor) AddNorm(*norm, layers_.back());
  }
}

void TrainedGraph::AddLayer(const Node& node, const Tensor& weights) {
  const Tensor& integers = quantized_.tensor(node.input(1));
  TrainedLayer layer;
  layer.node = node.name;
  layer.input = node.input(0);
  layer.weights = node.input(1);
  layer.view = ViewOf(integers);
  layer.limits = WeightLimits(integers);
  layer.initial = ChannelParams(*integers.quant);
  layer.weights_segment =
      AddSegment(integers.name, Segment::Kind::kWeights, weights.Values<float>());
  if (node.has_input(2)) {
    const Tensor& bias = quantized_.tensor(node.input(2));
    layer.bias = node.input(2);
    layer.bias_segment = AddSegment(bias.name, Segment::Kind::kBias, RealsOf(bias));
  }
  layer.scales_segment =
      AddSegment(integers.name, Segment::Kind::kScales, std::vector<float>(layer.initial.size()));
  layers_.push_back(std::move(layer));
}

size_t TrainedGraph::AddSegment(const std::string& name, Segment::Kind kind,
                                std::span<const float> values) {
  segments_.push_back({name, kind, initial_.size(), values.size()});
  initial_.insert(initial_.end(), values.begin(), values.end());
  return segments_.size() - 1;
}

void TrainedGraph::AddGrids(int activation_bits) {
  const ScaleGroups groups = FindScaleGroups(quantized_);
  const auto count = static_cast<size_t>(quantized_.tensor_count());
  std::vector<std::optional<size_t>> segment_of(count);
  rounded_.resize(count);
  for (size_t id = 0; id < count; ++id) {
    const Tensor& tensor = quantized_.tensor(static_cast<TensorId>(id));
    if (!tensor.quant || tensor.is_constant()) continue;
    const auto leader = static_cast<size_t>(groups.leader[id]);
    auto& segment = segment_of[leader];
    if (!segment) {
      segment = AddSegment(tensor.name, Segment::Kind::kScales, std::vector<float>(1));
      segments_.back().fixed = groups.fixed[leader];
    }
    Grid grid = {{tensor.quant->scale(), tensor.quant->zero_point()}, LimitsOf(tensor.type)};
    const bool free = tensor.type == ElementType::kInt8 && !groups.fixed[leader];
    if (free && activation_bits < 8) grid = NarrowGrid(grid, activation_bits);
    rounded_[id] = {grid, *segment};
  }
}

void TrainedGraph::SetUnits() {
  const auto set = [&](size_t segment, float unit) {
    if (unit > 0) segments_[segment].unit = unit;
  };
  const auto size_of = [&](size_t segment) {
    return RootMeanSquare(segments_[segment].Of(std::span<const float>(initial_)));
  };
  for (const TrainedLayer& layer : layers_) {
    const RoundedTensor* result = RoundingOf(quantized_.FindNode(layer.node)->output());
    const float of_result = result == nullptr ? 0 : RangeOf(result->initial) / 8;
    set(layer.weights_segment, size_of(layer.weights_segment));
    if (layer.bias != kNoTensor) set(layer.bias_segment, of_result);
    if (!layer.norm) continue;
    set(layer.norm->unfolded_segment, size_of(layer.norm->unfolded_segment));
    set(layer.norm->gamma_segment, size_of(layer.norm->gamma_segment));
    set(layer.norm->beta_segment, of_result);
  }
}

/// Gives the nodes reals. What Quantize and Dequantize round, the grids say: as nodes they move
/// reals.
void TrainedGraph::MakeReal() {
  for (TensorId id = 0; id < graph_.tensor_count(); ++id) {
    Tensor& tensor = graph_.tensor(id);
    if (!tensor.quant) continue;
    Tensor real{tensor.name, ElementType::kFloat32, tensor.shape};
    if (tensor.is_constant()) real = MakeConstantTensor(tensor.name, tensor.shape, RealsOf(tensor));
    tensor = std::move(real);
  }
  for (const TrainedLayer& layer : layers_) {
    graph_.tensor(layer.weights).constant.reset();
    if (layer.bias != kNoTensor) graph_.tensor(layer.bias).constant.reset();
  }
  for (Node& node : graph_.nodes()) {
    if (!node.Is<Quantize>() && !node.Is<Dequantize>()) continue;
    node.op = Reshape{graph_.tensor(node.output()).shape};
  }
}

/// The loss depends on the statistics of the layers that it depends on.
void TrainedGraph::FindPaths(std::span<const TensorId> losses) {
  std::vector<TensorId> parameters, read(losses.begin(), losses.end());
  for (const TrainedLayer& layer : layers_) {
    parameters.push_back(layer.weights);
    if (layer.norm) {
      const TrainedNorm& norm = *layer.norm;
      parameters.insert(parameters.end(), {norm.unfolded, norm.scale, norm.shift});
    } else if (layer.bias != kNoTensor) {
      parameters.push_back(layer.bias);
    }
  }
  const GradientPaths paths = FindGradientPaths(graph_, losses, parameters);
  for (const TrainedLayer* layer : NormedLayers()) {
    if (paths.wanted[static_cast<size_t>(layer->weights)]) read.push_back(layer->norm->sums);
  }
  wanted_ = FindGradientPaths(graph_, read, parameters).wanted;
  blocking_ = paths.blocking;
}

void TrainedGraph::MarkTrained(RangeTraining ranges) {
  const bool learned = ranges == RangeTraining::kLearned;
  for (const TrainedLayer& layer : layers_) {
    const bool wanted = IsWanted(layer.weights);
    if (!wanted) frozen_.push_back(layer.node);
    segments_[layer.scales_segment].trained = wanted && learned;
    if (layer.norm) {
      MarkNorm(layer);
      continue;
    }
    segments_[layer.weights_segment].trained = wanted;
    if (layer.bias != kNoTensor) segments_[layer.bias_segment].trained = IsWanted(layer.bias);
  }
  for (TensorId id = 0; learned && id < graph_.tensor_count(); ++id) {
    const RoundedTensor* rounded = RoundingOf(id);
    if (rounded == nullptr || !IsWanted(id)) continue;
    Segment& segment = segments_[rounded->scale_segment];
    segment.trained = !segment.fixed;
  }
}

}  // namespace qconvert
