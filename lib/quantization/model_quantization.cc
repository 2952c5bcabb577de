#include "lib/quantization/model_quantization.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/math/affine.h"

namespace qconvert {
namespace {

/// Returns the int8 parameters that stand for the same reals as integers of a type; nothing where
/// int8 has none within our bounds.
std::optional<QuantParams> Int8Grid(const QuantParams& quant, ElementType type) {
  const bool is_uint8 = type == ElementType::kUInt8;
  if (quant.per_channel() || !(is_uint8 || type == ElementType::kInt8)) return std::nullopt;
  const QuantParams grid = PerLayer(quant.scale(), quant.zero_point() - (is_uint8 ? 128 : 0));
  for (const int32_t end : {kInt8Limits.min, kInt8Limits.max}) {
    const float real = static_cast<float>(end - grid.zero_point()) * grid.scale();
    if (std::abs(real) > kLargestReal) return std::nullopt;
  }
  return grid.scale() < kLeastScale ? std::nullopt : std::optional(grid);
}

template <typename Kind>
int64_t CountNodes(const Graph& graph) {
  const auto& nodes = graph.nodes();
  return std::count_if(nodes.begin(), nodes.end(),
                       [](const Node& node) { return node.Is<Kind>(); });
}

}  // namespace

bool IsModelQuantization(const Node& node) {
  return node.Is<QuantizeLinear>() || node.Is<DequantizeLinear>();
}

std::optional<QuantParams> GridOfIntegers(const Graph& graph, const Node& node) {
  const auto* dequantize = node.As<DequantizeLinear>();
  if (dequantize == nullptr) return std::nullopt;
  return Int8Grid(dequantize->quant, graph.tensor(node.input(0)).type);
}

std::optional<QuantParams> GridOfReader(const Graph& graph, TensorId id) {
  const Node* reader = graph.SoleConsumer(id);
  const auto* quantize = reader == nullptr ? nullptr : reader->As<QuantizeLinear>();
  return quantize == nullptr ? std::nullopt : Int8Grid(quantize->quant, quantize->to);
}

std::optional<std::string> WarningOfQuantizedModel(const Graph& graph) {
  const int64_t to = CountNodes<QuantizeLinear>(graph), from = CountNodes<DequantizeLinear>(graph);
  if (to + from == 0) return std::nullopt;
  return fmt::format(
      "the model is quantized already ({} QuantizeLinear and {} DequantizeLinear nodes): these are "
      "computed in float; convert its float original for an integer file",
      to, from);
}

}  // namespace qconvert
