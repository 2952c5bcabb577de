// Figures of operands and of their quantization that targets set limits to.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "lib/ops/op.h"
#include "lib/tflite/node_view.h"

namespace qconvert {
namespace {

Numbers Operands(const NodeView& v) { return {static_cast<double>(v.operands().size())}; }

Numbers ComputedOperands(const NodeView& v) {
  const auto& ids = v.node().inputs();
  const auto computed = [&](TensorId id) { return id != kNoTensor && !v.IsKnown(id); };
  return {static_cast<double>(std::ranges::count_if(ids, computed))};
}

Numbers ScalesPerOperand(const NodeView& v) {
  Numbers scales;
  for (const Tensor* tensor : v.operands()) {
    if (tensor->quant) scales.push_back(static_cast<double>(tensor->quant->scales.size()));
  }
  return scales;
}

Numbers SecondZeroPoint(const NodeView& v) {
  const Tensor* second = v.Second();
  if (second == nullptr || !second->quant) return {};
  return {second->quant->zero_points.begin(), second->quant->zero_points.end()};
}

/// The largest sum of the sizes of one channel's 8-bit weights.
Numbers WeightSum(const NodeView& v) {
  const Tensor* weights = v.Second();
  if (weights == nullptr || !weights->is_constant()) return {};
  if (weights->type != ElementType::kInt8) return {};
  const auto values = weights->Values<int8_t>();
  const bool last = v.node().Is<DepthwiseConv2D>();
  const auto channels = static_cast<size_t>(last ? weights->shape.back() : weights->shape.front());
  const size_t per_channel = channels == 0 ? 0 : values.size() / channels;
  std::vector<double> sums(channels);
  for (size_t i = 0; i < values.size(); ++i) {
    sums[last ? i % channels : i / per_channel] += std::abs(int{values[i]});
  }
  return sums.empty() ? sums : Numbers{*std::ranges::max_element(sums)};
}

/// The factors by which steps of operands are longer than those of the result, where both are
/// quantized.
Numbers ScaleRatio(const NodeView& v) {
  Numbers ratios;
  if (!v.result().quant) return ratios;
  for (const Tensor* tensor : v.operands()) {
    if (!tensor->quant || tensor->type != v.result().type) continue;
    ratios.push_back(double{tensor->quant->scale()} / double{v.result().quant->scale()});
  }
  return ratios;
}

Numbers ScaleProductRatio(const NodeView& v) {
  const Numbers ratios = ScaleRatio(v);
  if (ratios.size() != 2) return {};
  return {ratios[0] * ratios[1] * double{v.result().quant->scale()}};
}

/// How much of the operand's slope a negative value has, in steps of the result.
Numbers AlphaRatio(const NodeView& v) {
  const Numbers ratios = ScaleRatio(v), alpha = v.Attribute("alpha");
  if (ratios.empty() || alpha.empty()) return {};
  return {std::abs(alpha.front()) * ratios.front()};
}

/// Operands and results that are quantized in another way than the first result.
Numbers OtherGrids(const NodeView& v) {
  double others = 0;
  for (const Tensor* tensor : v.Tensors()) {
    if (tensor->type == v.result().type && tensor->quant != v.result().quant) ++others;
  }
  return {others};
}

constexpr Figure kGridFigures[] = {
    {"operands", "number of operands", Operands},
    {"computed_operands", "number of computed operands", ComputedOperands},
    {"scales_per_operand", "number of scales per operand", ScalesPerOperand},
    {"second_zero_point", "zero point of the second operand", SecondZeroPoint},
    {"weight_sum", "sum of a channel's absolute weights", WeightSum},
    {"scale_ratio", "scale of an operand over the result's", ScaleRatio},
    {"scale_product_ratio", "product of the operands' scales over the result's", ScaleProductRatio},
    {"alpha_ratio", "alpha times the operand's scale over the result's", AlphaRatio},
    {"other_grids", "number of differently quantized tensors", OtherGrids},
};

}  // namespace

std::span<const Figure> GridFigures() { return kGridFigures; }

}  // namespace qconvert
