#include "lib/ops/onnx_quantization.h"

#include <algorithm>
#include <cmath>

#include "lib/base/error.h"
#include "lib/ops/elementwise.h"

namespace qconvert {
namespace {

// onnx.TensorProto.DataType
enum OnnxType { kFloat = 1, kUInt8, kInt8, kUInt16, kInt16, kInt32, kInt64, kString, kBool };
enum OnnxReal { kFloat16 = 10, kDouble = 11, kBFloat16 = 16 };

ElementType TypeOf(const OnnxNode& onnx, int64_t type) {
  switch (type) {
    case kFloat:
    case kFloat16:
    case kDouble:
    case kBFloat16:
      return ElementType::kFloat32;
    case kUInt8:
      return ElementType::kUInt8;
    case kInt8:
      return ElementType::kInt8;
    case kInt16:
      return ElementType::kInt16;
    case kInt32:
      return ElementType::kInt32;
    case kInt64:
      return ElementType::kInt64;
    case kBool:
      return ElementType::kBool;
    default:
      onnx.Refuse("ONNX element type " + std::to_string(type));
  }
}

void EmitCast(OnnxNode& onnx, ElementType to) {
  if (onnx.InputTensor(0).quant) {
    // uint8 is stored as int8 here, so its integers are others than ONNX's.
    onnx.Refuse("it reads the integers of a QuantizeLinear; convert the network's float original");
  }
  const TensorId x = onnx.Input(0);
  onnx.SetOutput(0, onnx.tensor(x).type == to ? x : onnx.Emit(Cast{to}, {x}));
}

template <typename T>
std::vector<int32_t> Widen(const Tensor& tensor) {
  const auto values = tensor.Values<T>();
  return {values.begin(), values.end()};
}

std::vector<int32_t> ZeroPoints(const OnnxNode& onnx, const Tensor& tensor) {
  if (!tensor.is_constant()) onnx.Refuse("a zero point that is computed");
  switch (tensor.type) {
    case ElementType::kUInt8:
      return Widen<uint8_t>(tensor);
    case ElementType::kInt8:
    case ElementType::kInt4:
      return Widen<int8_t>(tensor);
    case ElementType::kInt16:
      return Widen<int16_t>(tensor);
    case ElementType::kInt32:
      return Widen<int32_t>(tensor);
    default:
      onnx.Refuse("quantization to " + std::string(ElementTypeName(tensor.type)));
  }
}

// The parameters that operands 1 and 2 of both operators give.
QuantParams ReadParams(const OnnxNode& onnx) {
  if (onnx.Int("block_size", 0) != 0) {
    onnx.Refuse("quantization in blocks; quantize per tensor or per channel");
  }
  QuantParams quant{onnx.ConstantFloats(1), {}, -1};
  const size_t count = quant.scales.size();
  quant.zero_points =
      onnx.HasInput(2) ? ZeroPoints(onnx, onnx.InputTensor(2)) : std::vector<int32_t>(count, 0);
  for (float scale : quant.scales) {
    if (!std::isnormal(scale) || scale < 0) {
      Fail(ErrorKind::kUnusable, "scale " + std::to_string(scale) + " is not a normal number > 0");
    }
  }
  const Shape& shape = onnx.InputTensor(0).shape;
  if (count != 1) {
    quant.axis = NormalizeAxis(onnx.Int("axis", 1), shape.size());
    const bool fits = shape[static_cast<size_t>(quant.axis)] == static_cast<int64_t>(count);
    if (!fits) Fail(ErrorKind::kUnusable, "one scale per channel is needed");
  }
  if (quant.zero_points.size() != count) {
    Fail(ErrorKind::kUnusable, "as many zero points as scales are needed");
  }
  return quant;
}

ElementType QuantizedType(const OnnxNode& onnx) {
  if (onnx.HasInput(2)) return onnx.InputTensor(2).type;
  const int64_t type = onnx.Int("output_dtype", 0);
  return type == 0 ? ElementType::kUInt8 : TypeOf(onnx, type);
}

void ShiftToInt8(QuantParams& quant) {
  for (int32_t& zero_point : quant.zero_points) zero_point -= 128;
}

// scale (x - zero point), with the parameters along their axis.
void EmitArithmetic(OnnxNode& onnx, const QuantParams& quant) {
  Shape shape(quant.per_channel() ? onnx.InputTensor(0).rank() : 0, 1);
  const auto count = static_cast<int64_t>(quant.scales.size());
  if (quant.per_channel()) shape[static_cast<size_t>(quant.axis)] = count;
  const std::vector<float> zero_points(quant.zero_points.begin(), quant.zero_points.end());
  const TensorId zero =
      onnx.AddConstant(MakeConstantTensor(onnx.name() + "_zero_point", shape, zero_points));
  const TensorId scale =
      onnx.AddConstant(MakeConstantTensor(onnx.name() + "_scale", shape, quant.scales));
  const TensorId steps = onnx.Emit(Cast{ElementType::kFloat32}, {onnx.Input(0)});
  onnx.EmitOutput(Mul{}, {onnx.Emit(Sub{}, {steps, zero}), scale});
}

}  // namespace

void ReadCast(OnnxNode& onnx) { EmitCast(onnx, TypeOf(onnx, onnx.Int("to", 0))); }

void ReadCastLike(OnnxNode& onnx) {
  const ElementType type = onnx.InputTensor(1).type;
  const bool real = type == ElementType::kFloat16 || type == ElementType::kFloat64;
  EmitCast(onnx, real ? ElementType::kFloat32 : type);
}

void ReadQuantizeLinear(OnnxNode& onnx) {
  if (!onnx.InputTensor(0).is_float()) onnx.Refuse("quantization of integers");
  QuantParams quant = ReadParams(onnx);
  ElementType type = QuantizedType(onnx);
  if (type == ElementType::kUInt8) {
    type = ElementType::kInt8;
    ShiftToInt8(quant);
  }
  if (type != ElementType::kInt8 && type != ElementType::kInt16) {
    onnx.Refuse("quantization to " + std::string(ElementTypeName(type)));
  }
  const bool symmetric = std::all_of(quant.zero_points.begin(), quant.zero_points.end(),
                                     [](int32_t zero_point) { return zero_point == 0; });
  if (type == ElementType::kInt16 && !symmetric) {
    onnx.Refuse("TFLite's int16 has the zero point 0; quantize symmetrically, or to 8 bits");
  }
  onnx.SetOutput(0, onnx.EmitQuantized(Quantize{}, {onnx.Input(0)}, type, std::move(quant)));
}

void ReadDequantizeLinear(OnnxNode& onnx) {
  QuantParams quant = ReadParams(onnx);
  const Tensor& x = onnx.InputTensor(0);
  if (x.is_constant() && !x.quant) {
    Tensor integers = x;
    integers.quant = std::move(quant);
    return onnx.EmitOutput(Dequantize{}, {onnx.AddConstant(std::move(integers))});
  }
  const bool was_uint8 = onnx.HasInput(2) && onnx.InputTensor(2).type == ElementType::kUInt8;
  if (x.type == ElementType::kInt8 && was_uint8) ShiftToInt8(quant);
  if (!x.quant) return EmitArithmetic(onnx, quant);
  if (*x.quant != quant) onnx.Refuse("other parameters than its operand was quantized with");
  onnx.EmitOutput(Dequantize{}, {onnx.Input(0)});
}

}  // namespace qconvert
