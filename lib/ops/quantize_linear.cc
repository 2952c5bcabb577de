// ONNX's QuantizeLinear and DequantizeLinear: quantization that the model itself does. The integers
// are plain numbers: whoever reads them sees what ONNX defines.
#include <cmath>

#include "lib/base/vectorize.h"
#include "lib/math/affine.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/onnx_quantization.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

template <typename Visit>
void VisitInteger(const Node& node, ElementType type, Visit visit) {
  switch (type) {
    case ElementType::kInt8:
      return visit(int8_t{});
    case ElementType::kUInt8:
      return visit(uint8_t{});
    case ElementType::kInt16:
      return visit(int16_t{});
    case ElementType::kInt32:
      return visit(int32_t{});
    default:
      FailOnType(node, type);
  }
}

/// Calls f(offset, length, channel) for every contiguous run of elements with the same parameters.
template <typename F>
void ForEachRun(const TensorView& view, const QuantParams& quant, F f) {
  const auto size = static_cast<size_t>(view.elements());
  if (!quant.per_channel()) return f(0, size, 0);
  const ChannelView channels = ViewChannels(view.shape(), quant.axis);
  const auto inner = static_cast<size_t>(channels.inner);
  const auto count = static_cast<size_t>(channels.channels);
  for (size_t at = 0; at < size; at += inner) f(at, inner, at / inner % count);
}

/// Returns whether a value is NaN, which has no integer.
template <typename T>
QCONVERT_VECTORIZE bool QuantizeRun(std::span<const float> real, AffineParams params,
                                    IntegerLimits limits, T* __restrict quantized) {
  constexpr float kNoFraction = 0x1.8p23F;  // a sum of this size is rounded to whole numbers
  const auto lowest = static_cast<float>(limits.min - params.zero_point);
  const auto highest = static_cast<float>(limits.max - params.zero_point);
  int nan = 0;
  for (size_t i = 0; i < real.size(); ++i) {
    float steps = real[i] / params.scale;
    nan |= static_cast<int>(steps != steps);
    steps = steps > lowest ? steps : lowest;  // NaN, too
    steps = steps < highest ? steps : highest;
    steps = (steps + kNoFraction) - kNoFraction;  // halves to even
    quantized[i] = static_cast<T>(static_cast<int32_t>(steps) + params.zero_point);
  }
  return nan != 0;
}

void EvaluateQuantizeLinear(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto& op = *node.As<QuantizeLinear>();
  const auto real = inputs[0].Values<float>();
  VisitInteger(node, op.to, [&]<typename T>(T) {
    const auto result = outputs[0].Values<T>();
    ForEachRun(inputs[0], op.quant, [&](size_t at, size_t length, size_t c) {
      const AffineParams params{op.quant.scales[c], op.quant.zero_points[c]};
      if (!QuantizeRun(real.subspan(at, length), params, {op.lowest, op.highest}, &result[at])) {
        return;
      }
      Fail(ErrorKind::kUnusable, "a value is NaN");
    });
  });
}

void EvaluateDequantizeLinear(const Node& node, TensorViews inputs, TensorViews outputs) {
  const QuantParams& quant = node.As<DequantizeLinear>()->quant;
  const auto result = outputs[0].Values<float>();
  VisitInteger(node, inputs[0].type(), [&]<typename T>(T) {
    const auto x = inputs[0].Values<T>();
    ForEachRun(inputs[0], quant, [&](size_t at, size_t length, size_t c) {
      for (size_t i = at; i < at + length; ++i) {
        const int64_t steps = int64_t{x[i]} - quant.zero_points[c];
        result[i] = static_cast<float>(steps) * quant.scales[c];
      }
    });
  });
}

/// Throws Error(kUnusable) unless there is one scale for all, or one for each channel.
void RequireFit(const QuantParams& quant, const Shape& shape) {
  const auto axis = static_cast<size_t>(quant.axis);
  const size_t channels = !quant.per_channel()  ? 1
                          : axis < shape.size() ? static_cast<size_t>(shape[axis])
                                                : 0;
  if (quant.scales.size() == channels && quant.zero_points.size() == channels) return;
  Fail(ErrorKind::kUnusable, "one scale and zero point per channel is needed");
}

void InferQuantizeLinear(const Node& node, std::span<const Tensor* const> inputs,
                         std::span<Tensor> outputs) {
  const auto& op = *node.As<QuantizeLinear>();
  const Tensor& x = RequireInput(inputs, 0);
  if (!x.is_float()) FailOnType(node, x.type);
  RequireFit(op.quant, x.shape);
  outputs[0].type = op.to;
  outputs[0].shape = x.shape;
}

void InferDequantizeLinear(const Node& node, std::span<const Tensor* const> inputs,
                           std::span<Tensor> outputs) {
  const Tensor& x = RequireInput(inputs, 0);
  VisitInteger(node, x.type, [](auto) {});
  RequireFit(node.As<DequantizeLinear>()->quant, x.shape);
  outputs[0].type = ElementType::kFloat32;
  outputs[0].shape = x.shape;
}

/// Channels move along with their axis.
template <typename Kind>
bool RenumberChannels(std::span<const Tensor* const>, StoredAxes& axes, Operator& op) {
  QuantParams& quant = std::get<Kind>(op).quant;
  if (quant.per_channel()) quant.axis = axes[quant.axis];
  return true;
}

constexpr OnnxSpelling kQuantizeOnnx[] = {{"QuantizeLinear", 10, ReadQuantizeLinear}};
constexpr OnnxSpelling kDequantizeOnnx[] = {{"DequantizeLinear", 10, ReadDequantizeLinear}};

}  // namespace

constinit const Op kQuantizeLinear = {
    .name = QuantizeLinear::kName,
    .onnx = kQuantizeOnnx,
    .infer = InferQuantizeLinear,
    .evaluate = EvaluateQuantizeLinear,
    .axes = RenumberedAxes(RenumberChannels<QuantizeLinear>),
};

constinit const Op kDequantizeLinear = {
    .name = DequantizeLinear::kName,
    .onnx = kDequantizeOnnx,
    .infer = InferDequantizeLinear,
    .evaluate = EvaluateDequantizeLinear,
    .axes = RenumberedAxes(RenumberChannels<DequantizeLinear>),
};

}  // namespace qconvert
