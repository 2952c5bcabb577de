// CAST, QUANTIZE and DEQUANTIZE: between element types, and between reals and integers.
#include <algorithm>
#include <cmath>
#include <optional>

#include "tflite_generated.h"

#include "lib/kernels/elementwise.h"
#include "lib/math/fixed_point.h"
#include "lib/math/float16.h"
#include "lib/math/quantize.h"
#include "lib/ops/convert_number.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/lookup.h"
#include "lib/ops/onnx_quantization.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

// A float16 as CAST sees it.
struct Half {
  uint16_t bits;
};

template <typename To, typename From>
To CastNumber(From value) {
  if constexpr (std::is_same_v<From, Half>) {
    return CastNumber<To>(FromFloat16(value.bits));
  } else if constexpr (std::is_same_v<To, Half>) {
    return {ToFloat16(ConvertNumber<float>(value))};
  } else {
    return ConvertNumber<To>(value);
  }
}

template <typename Visit>
void VisitElement(const Node& node, ElementType type, Visit visit) {
  switch (type) {
    case ElementType::kFloat32:
      return visit(float{});
    case ElementType::kFloat16:
      return visit(Half{});
    case ElementType::kFloat64:
      return visit(double{});
    case ElementType::kInt8:
      return visit(int8_t{});
    case ElementType::kUInt8:
      return visit(uint8_t{});
    case ElementType::kInt16:
      return visit(int16_t{});
    case ElementType::kInt32:
      return visit(int32_t{});
    case ElementType::kInt64:
      return visit(int64_t{});
    case ElementType::kBool:
      return visit(bool{});
    default:
      FailOnType(node, type);
  }
}

void InferCast(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  outputs[0].type = node.As<Cast>()->to;
  outputs[0].shape = RequireInput(inputs, 0).shape;
}

void EvaluateCast(const Node& node, TensorViews inputs, TensorViews outputs) {
  const ElementType from = inputs[0].type();
  // In memory 4-bit integers are int8.
  VisitElement(
      node, from == ElementType::kInt4 ? ElementType::kInt8 : from, [&]<typename From>(From) {
        VisitElement(node, outputs[0].type(), [&]<typename To>(To) {
          const auto x = inputs[0].Values<From>();
          std::transform(x.begin(), x.end(), outputs[0].Values<To>().begin(), CastNumber<To, From>);
        });
      });
}

tflite::TensorType TensorTypeOf(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return tflite::TensorType_FLOAT32;
    case ElementType::kFloat16:
      return tflite::TensorType_FLOAT16;
    case ElementType::kFloat64:
      return tflite::TensorType_FLOAT64;
    case ElementType::kInt4:
      return tflite::TensorType_INT4;
    case ElementType::kInt8:
      return tflite::TensorType_INT8;
    case ElementType::kUInt8:
      return tflite::TensorType_UINT8;
    case ElementType::kInt16:
      return tflite::TensorType_INT16;
    case ElementType::kInt32:
      return tflite::TensorType_INT32;
    case ElementType::kInt64:
      return tflite::TensorType_INT64;
    default:
      return tflite::TensorType_BOOL;
  }
}

void WriteCast(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_CastOptions,
                     tflite::CreateCastOptions(builder, TensorTypeOf(context.Input(0).type),
                                               TensorTypeOf(context.Output(0).type))
                         .o);
}

Operator ReadCastTflite(TfliteReadContext& context) { return Cast{context.Output(0).type}; }

int CastVersion(const TfliteWriteContext& context) {
  const auto either = [&](ElementType type) {
    return context.Input(0).type == type || context.Output(0).type == type;
  };
  if (either(ElementType::kInt4)) return 6;
  if (either(ElementType::kFloat64) || either(ElementType::kFloat16)) return 5;
  return either(ElementType::kInt8) ? 3 : 1;
}

std::vector<AffineParams> ChannelParams(const QuantParams& quant) {
  std::vector<AffineParams> params;
  for (size_t i = 0; i < quant.scales.size(); ++i) {
    params.push_back({quant.scales[i], quant.zero_points[i]});
  }
  return params;
}

// The tensor's parameters; one of a channel axis that fits its shape.
const QuantParams& CheckedQuant(const TensorView& view) {
  const QuantParams& quant = view.quant();
  const auto axis = static_cast<size_t>(quant.axis);
  const size_t channels = !quant.per_channel()         ? 1
                          : axis < view.shape().size() ? static_cast<size_t>(view.shape()[axis])
                                                       : 0;
  if (quant.scales.size() != channels || quant.zero_points.size() != channels) {
    Fail(ErrorKind::kUnusable, "tensor '" + view.tensor->name + "' has " +
                                   std::to_string(quant.scales.size()) + " scales for " +
                                   std::to_string(channels) + " channels");
  }
  return quant;
}

template <typename Visit>
void VisitQuantized(const Node& node, ElementType type, Visit visit) {
  switch (type) {
    case ElementType::kInt4:
      return visit(int8_t{}, IntegerLimits{-8, 7});
    case ElementType::kInt8:
      return visit(int8_t{}, kInt8Limits);
    case ElementType::kUInt8:
      return visit(uint8_t{}, kUInt8Limits);
    case ElementType::kInt16:
      return visit(int16_t{}, kInt16Limits);
    case ElementType::kInt32:
      return visit(int32_t{}, kInt32Limits);
    default:
      FailOnType(node, type);
  }
}

// The result's type was chosen with its parameters; int8 unless it was.
void InferQuantize(const Node&, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  if (outputs[0].is_float()) outputs[0].type = ElementType::kInt8;
  outputs[0].shape = RequireInput(inputs, 0).shape;
}

void QuantizeReals(const Node& node, TensorViews inputs, TensorViews outputs) {
  const QuantParams& quant = CheckedQuant(outputs[0]);
  const auto real = inputs[0].Values<float>();
  VisitQuantized(node, outputs[0].type(), [&]<typename T>(T, IntegerLimits limits) {
    const auto result = outputs[0].Values<T>();
    if (quant.per_channel()) {
      QuantizeChannels<T>(real, ViewChannels(outputs[0].shape(), quant.axis), ChannelParams(quant),
                          limits, result);
    } else {
      QuantizeValues<T>(real, {quant.scale(), quant.zero_point()}, limits, result);
    }
  });
}

// From one pair of parameters to another.
void Requantize(const Node& node, TensorViews inputs, TensorViews outputs) {
  const QuantParams &from = CheckedQuant(inputs[0]), &to = CheckedQuant(outputs[0]);
  if (from.per_channel() || to.per_channel()) {
    Fail(ErrorKind::kUnsupported, "requantizing channels");
  }
  const FixedMultiplier by = QuantizeMultiplier(double{from.scale()} / double{to.scale()});
  VisitQuantized(node, inputs[0].type(), [&]<typename From>(From, IntegerLimits) {
    VisitQuantized(node, outputs[0].type(), [&]<typename To>(To, IntegerLimits limits) {
      const auto x = inputs[0].Values<From>();
      std::transform(x.begin(), x.end(), outputs[0].Values<To>().begin(), [&](From q) {
        const uint32_t steps = static_cast<uint32_t>(q) - static_cast<uint32_t>(from.zero_point());
        const int64_t rescaled =
            int64_t{Multiply(static_cast<int32_t>(steps), by)} + to.zero_point();
        return static_cast<To>(std::clamp<int64_t>(rescaled, limits.min, limits.max));
      });
    });
  });
}

void EvaluateQuantize(const Node& node, TensorViews inputs, TensorViews outputs) {
  (inputs[0].type() == ElementType::kFloat32 ? QuantizeReals : Requantize)(node, inputs, outputs);
}

void InferDequantize(const Node&, std::span<const Tensor* const> inputs,
                     std::span<Tensor> outputs) {
  outputs[0].type = ElementType::kFloat32;
  outputs[0].shape = RequireInput(inputs, 0).shape;
}

void EvaluateDequantize(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (inputs[0].type() == ElementType::kFloat16) return EvaluateCast(node, inputs, outputs);
  const QuantParams& quant = CheckedQuant(inputs[0]);
  if (!outputs[0].tensor->is_float()) FailOnType(node, outputs[0].type());
  const auto real = outputs[0].Values<float>();
  VisitQuantized(node, inputs[0].type(), [&]<typename T>(T, IntegerLimits) {
    const std::span<const T> x = inputs[0].Values<T>();
    if (quant.per_channel()) {
      DequantizeChannels<T>(x, ViewChannels(inputs[0].shape(), quant.axis), ChannelParams(quant),
                            real);
    } else {
      DequantizeValues<T>(x, {quant.scale(), quant.zero_point()}, real);
    }
  });
}

// Between two integers QUANTIZE is a rescaling (kernels/quantize.cc, Prepare).
const char* QuantizeScaleRule(const Node& node, const NodeParams& params) {
  return params.operands[0] == nullptr ? nullptr : RescalingScaleRule(node, params);
}

int QuantizeVersion(const TfliteWriteContext& context) {
  const Tensor& output = context.Output(0);
  if (context.Input(0).type == ElementType::kInt4 || output.type == ElementType::kInt4) return 4;
  if (output.quant && output.quant->per_channel()) return 3;
  return output.type == ElementType::kInt16 ? 2 : 1;
}

int DequantizeVersion(const TfliteWriteContext& context) {
  const Tensor& input = context.Input(0);
  if (input.type == ElementType::kInt4) return 6;
  if (input.type == ElementType::kInt16 || input.type == ElementType::kFloat16) return 3;
  if (input.type != ElementType::kInt8) return 1;
  return input.quant && input.quant->per_channel() ? 5 : 2;
}

/// Prepares float32 -> int8 in vectors, int8 -> int8 by a table.
std::unique_ptr<Kernel> PrepareQuantizeOrLookup(const PrepareContext& context) {
  return context.inputs[0]->is_float() ? PrepareQuantize(context) : PrepareLookup(context);
}

constexpr OnnxSpelling kCastOnnx[] = {{"Cast", 6, ReadCast}, {"CastLike", 15, ReadCastLike}};

}  // namespace

constinit const Op kCast = {
    .name = Cast::kName,
    .onnx = kCastOnnx,
    .infer = InferCast,
    .evaluate = EvaluateCast,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_CAST,
               .runtimes = "1.5.0 2.7.0 2.8.0 2.9.0 2.12.0 2.18.0",
               .version = CastVersion,
               .write = WriteCast,
               .read = ReadCastTflite},
};

constinit const Op kQuantize = {
    .name = Quantize::kName,
    .infer = InferQuantize,
    .result_type_is_chosen = true,
    .evaluate = EvaluateQuantize,
    .scale_rule = QuantizeScaleRule,
    .reference_int8 = EvaluateQuantize,
    .reference_int16 = EvaluateQuantize,
    .prepare_int8 = PrepareQuantizeOrLookup,
    .tflite = {.code = tflite::BuiltinOperator_QUANTIZE,
               .runtimes = "1.14.0 1.15.0 2.7.0 2.21.0",
               .version = QuantizeVersion,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_QuantizeOptions,
                                          tflite::CreateQuantizeOptions>},
};

constinit const Op kDequantize = {
    .name = Dequantize::kName,
    .infer = InferDequantize,
    .evaluate = EvaluateDequantize,
    .reference_int8 = EvaluateDequantize,
    .reference_int16 = EvaluateDequantize,
    .prepare_int8 = PrepareDequantize,
    .tflite = {.code = tflite::BuiltinOperator_DEQUANTIZE,
               .runtimes = "1.13.1 1.14.0 1.15.0 2.2.0 2.7.0 2.18.0",
               .version = DequantizeVersion,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_DequantizeOptions,
                                          tflite::CreateDequantizeOptions>},
};

}  // namespace qconvert
