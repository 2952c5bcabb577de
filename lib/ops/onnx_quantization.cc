#include "lib/ops/onnx_quantization.h"

#include <cmath>

#include "lib/base/error.h"
#include "lib/math/affine.h"
#include "lib/ops/elementwise.h"

namespace qconvert {
namespace {

// onnx.TensorProto.DataType
enum OnnxType { kFloat = 1, kUInt8, kInt8, kUInt16, kInt16, kInt32, kInt64, kString, kBool };
enum OnnxReal { kFloat16 = 10, kDouble = 11, kBFloat16 = 16 };

void EmitCast(OnnxNode& onnx, ElementType to) {
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
  if (count != 1) quant.axis = NormalizeAxis(onnx.Int("axis", 1), onnx.InputTensor(0).rank());
  return quant;
}

ElementType QuantizedType(const OnnxNode& onnx) {
  if (onnx.HasInput(2)) return onnx.InputTensor(2).type;
  const int64_t type = onnx.Int("output_dtype", 0);
  return type == 0         ? ElementType::kUInt8
         : type == kUInt16 ? ElementType::kInt32
                           : TypeOf(onnx, type);
}

// The importer widens uint16 to int32, which no QuantizeLinear gives.
IntegerLimits LimitsOf(const OnnxNode& onnx, ElementType type) {
  switch (type) {
    case ElementType::kUInt8:
      return kUInt8Limits;
    case ElementType::kInt8:
      return kInt8Limits;
    case ElementType::kInt16:
      return kInt16Limits;
    case ElementType::kInt32:
      return {0, UINT16_MAX};
    default:
      onnx.Refuse("quantization to " + std::string(ElementTypeName(type)));
  }
}

}  // namespace

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

void ReadCast(OnnxNode& onnx) { EmitCast(onnx, TypeOf(onnx, onnx.Int("to", 0))); }

void ReadCastLike(OnnxNode& onnx) {
  const ElementType type = onnx.InputTensor(1).type;
  const bool real = type == ElementType::kFloat16 || type == ElementType::kFloat64;
  EmitCast(onnx, real ? ElementType::kFloat32 : type);
}

void ReadQuantizeLinear(OnnxNode& onnx) {
  if (!onnx.InputTensor(0).is_float()) onnx.Refuse("quantization of integers");
  const ElementType to = QuantizedType(onnx);
  const IntegerLimits limits = LimitsOf(onnx, to);
  onnx.EmitOutput(QuantizeLinear{ReadParams(onnx), limits.min, limits.max, to}, {onnx.Input(0)});
}

void ReadDequantizeLinear(OnnxNode& onnx) {
  onnx.EmitOutput(DequantizeLinear{ReadParams(onnx)}, {onnx.Input(0)});
}

}  // namespace qconvert
