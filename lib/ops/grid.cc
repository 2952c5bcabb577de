#include "lib/ops/grid.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace qconvert {
namespace {

bool IsHoldable(float scale, int32_t zero_point) {
  const int32_t farthest =
      std::max(std::abs(kInt8Limits.min - zero_point), std::abs(kInt8Limits.max - zero_point));
  return scale >= kLeastScale && static_cast<float>(farthest) * scale <= kLargestReal;
}

}  // namespace

std::optional<QuantParams> Int8Grid(const QuantParams& quant, ElementType type) {
  if (type != ElementType::kInt8 && type != ElementType::kUInt8) return std::nullopt;
  QuantParams grid = quant;
  for (size_t c = 0; c < grid.scales.size(); ++c) {
    if (type == ElementType::kUInt8) grid.zero_points[c] -= 128;
    if (!IsHoldable(grid.scales[c], grid.zero_points[c])) return std::nullopt;
  }
  return grid;
}

Range RangeOfGrid(const IntegerForm& grid) {
  const auto real = [&](int32_t integer) {
    return static_cast<float>(integer - grid.params.zero_point()) * grid.params.scale();
  };
  const IntegerLimits limits = grid.type == ElementType::kInt16 ? kInt16Limits : kInt8Limits;
  return {real(limits.min), real(limits.max)};
}

void NoteGrid(const Node& node, std::span<const Tensor* const> inputs, Tensor& result) {
  if (const auto* dequantize = node.As<DequantizeLinear>()) {
    auto grid = Int8Grid(dequantize->quant, inputs[0]->type);
    if (grid) result.constant->grid = std::make_shared<const QuantParams>(std::move(*grid));
  } else if (node.Is<Transpose>() || node.Is<Reshape>()) {
    result.constant->grid = inputs[0]->constant->grid;
  }
}

}  // namespace qconvert
