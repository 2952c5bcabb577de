#include "lib/tflite/tensor_reader.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/math/affine.h"
#include "lib/math/int4.h"
#include "lib/tflite/type_codes.h"

namespace qconvert {
namespace {

[[noreturn]] void Refuse(const std::string& reason) { Fail(ErrorKind::kUnusable, reason); }

Constant ReadConstant(const TfliteBytes& file, std::span<const std::byte> data,
                      const Tensor& tensor) {
  const auto elements = static_cast<size_t>(tensor.elements());
  const bool packed = tensor.type == ElementType::kInt4;
  const size_t wanted = packed ? (elements + 1) / 2 : tensor.bytes();
  if (data.size() != wanted) {
    Refuse("its buffer holds " + std::to_string(data.size()) + " bytes where shape " +
           ToText(tensor.shape) + " needs " + std::to_string(wanted));
  }
  if (packed) {
    std::vector<int8_t> values(elements);
    UnpackInt4(data, values);
    return MakeConstant(std::move(values));
  }
  const bool aligned = reinterpret_cast<uintptr_t>(data.data()) % ElementBytes(tensor.type) == 0;
  if (aligned) return {file.owner, data, file.mapped};
  return MakeConstant(std::vector<std::byte>(data.begin(), data.end()));
}

/// Returns whether values of a type can stand for reals. LiteRT ignores the parameters of others.
bool IsQuantizable(ElementType type) {
  return type != ElementType::kFloat32 && type != ElementType::kFloat16 &&
         type != ElementType::kFloat64 && type != ElementType::kBool;
}

/// Returns the zero points of a type. Kernels subtract them from its numbers without a look at
/// overflow.
IntegerLimits ZeroPointLimits(ElementType type) {
  switch (type) {
    case ElementType::kInt4:
      return {-8, 7};
    case ElementType::kInt8:
      return kInt8Limits;
    case ElementType::kUInt8:
      return kUInt8Limits;
    case ElementType::kInt16:
      return {INT16_MIN, INT16_MAX};
    default:
      return {INT32_MIN, INT32_MAX};
  }
}

/// Reads one zero point for each scale.
std::vector<int32_t> ReadZeroPoints(const tflite::QuantizationParameters& source,
                                    ElementType type) {
  const auto* stored = source.zero_point();
  if (stored == nullptr || stored->size() != source.scale()->size()) {
    Refuse("it does not have one zero point for each scale");
  }
  const IntegerLimits limits = ZeroPointLimits(type);
  std::vector<int32_t> zero_points;
  for (unsigned i = 0; i < stored->size(); ++i) {
    int64_t zero_point = 0;  // the verifier does not see to alignment here
    std::memcpy(&zero_point, stored->Data() + i * sizeof(zero_point), sizeof(zero_point));
    if (zero_point < limits.min || zero_point > limits.max) {
      Refuse(fmt::format("a zero point outside [{}, {}]", limits.min, limits.max));
    }
    zero_points.push_back(static_cast<int32_t>(zero_point));
  }
  return zero_points;
}

void ReadQuantization(const tflite::QuantizationParameters& source, Tensor& tensor) {
  if (source.details_type() != tflite::QuantizationDetails_NONE) {
    Fail(ErrorKind::kUnsupported, "blockwise quantization is not supported");
  }
  if (source.scale() == nullptr || source.scale()->size() == 0) return;
  QuantParams quant;
  quant.scales.assign(source.scale()->begin(), source.scale()->end());
  quant.zero_points = ReadZeroPoints(source, tensor.type);
  for (float scale : quant.scales) {
    if (!std::isnormal(scale) || scale < 0) Refuse("a scale that is not a normal float > 0");
  }
  if (quant.scales.size() > 1) {
    quant.axis = source.quantized_dimension();
    const auto axis = static_cast<size_t>(quant.axis);
    if (quant.axis < 0 || axis >= tensor.rank() ||
        tensor.shape[axis] != static_cast<int64_t>(quant.scales.size())) {
      Refuse("its scales do not fit its quantized dimension");
    }
  }
  tensor.quant = std::move(quant);
}

}  // namespace

std::span<const std::byte> BufferBytes(const TfliteBytes& file, uint32_t index) {
  const auto* buffers = file.model->buffers();
  if (buffers == nullptr || index >= buffers->size()) {
    Refuse("buffer " + std::to_string(index) + " does not exist");
  }
  const tflite::Buffer* buffer = buffers->Get(index);
  if (buffer->data() != nullptr) {
    return std::as_bytes(std::span(buffer->data()->data(), buffer->data()->size()));
  }
  if (buffer->offset() > 1) {
    if (buffer->offset() > file.bytes.size() ||
        buffer->size() > file.bytes.size() - buffer->offset()) {
      Refuse("buffer " + std::to_string(index) + " lies outside the file");
    }
    return file.bytes.subspan(buffer->offset(), buffer->size());
  }
  return {};
}

void ReadTensor(const TfliteBytes& file, const tflite::Tensor& source, Tensor& tensor) {
  const auto type = ElementTypeOfTfliteCode(source.type());
  if (!type) {
    Fail(ErrorKind::kUnsupported, std::string("element type ") +
                                      tflite::EnumNameTensorType(source.type()) +
                                      " is not supported");
  }
  tensor.type = *type;
  if (source.shape() != nullptr)
    tensor.shape.assign(source.shape()->begin(), source.shape()->end());
  NumElements(tensor.shape);
  if (source.quantization() != nullptr && IsQuantizable(*type)) {
    ReadQuantization(*source.quantization(), tensor);
  }
  if (source.sparsity() != nullptr)
    Fail(ErrorKind::kUnsupported, "sparse tensors are not supported");
  if (source.external_buffer() != 0) {
    Fail(ErrorKind::kUnsupported, "external weights are not supported");
  }
  const std::span<const std::byte> data = BufferBytes(file, source.buffer());
  const bool holds_nothing = data.data() != nullptr && tensor.elements() == 0;
  if (!data.empty() || holds_nothing) tensor.constant = ReadConstant(file, data, tensor);
}

}  // namespace qconvert
