#include "lib/quantization/model_quantization.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/ops/grid.h"
#include "lib/passes/quantization_pairs.h"
#include "lib/quantization/scale_method.h"

namespace qconvert {
namespace {

/// Returns int8 parameters for one scale; nothing for others.
std::optional<QuantParams> LayerGrid(const QuantParams& quant, ElementType type) {
  return quant.per_channel() ? std::nullopt : Int8Grid(quant, type);
}

/// Returns the model's scale of each channel of a scheme; empty where it has other channels.
std::vector<AffineParams> ScalesOfChannels(const QuantParams& grid, size_t channels) {
  std::vector<AffineParams> scales;
  const bool uniform = std::ranges::all_of(grid.scales, [&](float s) { return s == grid.scale(); });
  if (!uniform && grid.scales.size() != channels) return scales;
  for (size_t c = 0; c < channels; ++c) scales.push_back({grid.scales[uniform ? 0 : c], 0});
  return scales;
}

/// Returns whether a weight is a whole number of steps that signed weights have. -128 counts as
/// -127: kernels add up products of it and of its like in 16 bits.
bool LiesOn(float weight, float scale, IntegerLimits limits) {
  constexpr float kRoundingErrors = 1e-3F;  // of products and quotients of floats below 128 steps
  const float steps = weight / scale, nearest = std::nearbyint(steps);
  return std::abs(steps - nearest) <= kRoundingErrors &&
         nearest >= static_cast<float>(limits.min - 1) && nearest <= static_cast<float>(limits.max);
}

template <typename Kind>
int64_t CountFloatNodes(const Graph& graph) {
  const auto& nodes = graph.nodes();
  return std::count_if(nodes.begin(), nodes.end(), [&](const Node& node) {
    return node.Is<Kind>() && !IsRequantization(graph, node);
  });
}

}  // namespace

bool IsModelQuantization(const Node& node) {
  return node.Is<QuantizeLinear>() || node.Is<DequantizeLinear>();
}

bool IsRequantization(const Graph& graph, const Node& node) {
  const Node* quantize = node.Is<DequantizeLinear>() ? graph.Producer(node.input(0)) : &node;
  const auto* op = quantize == nullptr ? nullptr : quantize->As<QuantizeLinear>();
  return op != nullptr && !IsWide(*op) && GridOfPair(graph, *quantize).has_value();
}

std::optional<QuantParams> GridOf(const Graph& graph, TensorId id, ElementType type) {
  const auto noted = graph.grids.find(id);
  if (noted != graph.grids.end()) {
    return noted->second.type == type ? std::optional(noted->second.params) : std::nullopt;
  }
  if (type != ElementType::kInt8) return std::nullopt;
  const auto& constant = graph.tensor(id).constant;
  const bool layer = constant && constant->grid != nullptr && constant->grid->scales.size() == 1;
  return layer ? std::optional(PerLayer(constant->grid->scale(), constant->grid->zero_point()))
               : std::nullopt;
}

std::optional<QuantParams> GridOfIntegers(const Graph& graph, const Node& node) {
  const auto* dequantize = node.As<DequantizeLinear>();
  if (dequantize == nullptr) return std::nullopt;
  return LayerGrid(dequantize->quant, graph.tensor(node.input(0)).type);
}

std::optional<QuantParams> GridOfReader(const Graph& graph, TensorId id) {
  const Node* reader = graph.SoleConsumer(id);
  const auto* quantize = reader == nullptr ? nullptr : reader->As<QuantizeLinear>();
  return quantize == nullptr ? std::nullopt : LayerGrid(quantize->quant, quantize->to);
}

void TakeRangesOfGrids(const Graph& graph, Ranges& ranges) {
  ranges.resize(static_cast<size_t>(graph.tensor_count()));
  for (const auto& [id, grid] : graph.grids) {
    ranges[static_cast<size_t>(id)] = RelaxToZero(RangeOfGrid(grid));
  }
}

OwnWeightScales OwnScalesOf(const Tensor& weights, const WeightScheme& scheme) {
  if (!weights.constant->grid || scheme.asymmetric) return {};
  const ChannelWeights channels(weights, scheme);
  OwnWeightScales own{ScalesOfChannels(*weights.constant->grid, channels.channels())};
  if (own.scales.empty()) return {};
  std::vector<AffineParams> anew;
  for (size_t c = 0; c < channels.channels(); ++c) {
    const bool whole = std::ranges::all_of(channels.Channel(c), [&](float weight) {
      return LiesOn(weight, own.scales[c].scale, channels.limits());
    });
    if (whole) continue;
    ++own.rounded_anew;
    if (anew.empty()) anew = ScalesOfRanges(channels);
    own.scales[c] = anew[c];
  }
  if (own.rounded_anew == own.scales.size()) own.scales.clear();
  return own;
}

std::optional<std::string> WarningOfQuantizedModel(const Graph& graph) {
  const int64_t to = CountFloatNodes<QuantizeLinear>(graph),
                from = CountFloatNodes<DequantizeLinear>(graph);
  if (to + from == 0) return std::nullopt;
  return fmt::format(
      "{} QuantizeLinear and {} DequantizeLinear nodes of the model are computed in float, for "
      "int8 "
      "cannot stand for them: others read their integers, they have a scale for each channel, or "
      "16 "
      "bits lie between an input and an output; convert its float original for an integer file",
      to, from);
}

}  // namespace qconvert
