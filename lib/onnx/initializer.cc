#include "lib/onnx/initializer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <utility>

#include <onnx.pb.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/math/float16.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;
using onnx::TensorProto;

int64_t ParseNumber(const std::string& text) {
  int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    Fail(ErrorKind::kUnusable, "external data with offset or length '" + text + "'");
  }
  return value;
}

/// Returns the external file's path, which must stay in the model's folder, links followed.
fs::path ExternalPath(const std::string& location, const std::string& folder) {
  std::error_code error;
  const fs::path base = fs::canonical(folder.empty() ? "." : folder, error);
  const fs::path path = error ? fs::path() : fs::weakly_canonical(base / location, error);
  if (error) {
    Fail(ErrorKind::kUnusable, "external data '" + location + "': " + error.message());
  }
  const fs::path inside = path.lexically_relative(base);
  if (location.empty() || fs::path(location).is_absolute() || inside.empty() ||
      *inside.begin() == "..") {
    Fail(ErrorKind::kUnusable, "external data '" + location + "' leaves the model's folder");
  }
  return path;
}

Constant ReadExternal(const TensorProto& proto, const std::string& folder, size_t wanted) {
  std::string location;
  size_t offset = 0, length = wanted;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = static_cast<size_t>(ParseNumber(entry.value()));
    if (entry.key() == "length") length = static_cast<size_t>(ParseNumber(entry.value()));
  }
  const auto file = MappedFile::Open(ExternalPath(location, folder).string());
  const auto bytes = file->bytes();
  if (length != wanted || offset > bytes.size() || bytes.size() - offset < wanted) {
    Fail(ErrorKind::kUnusable, "external data '" + location + "' does not hold its " +
                                   std::to_string(wanted) + " bytes at " + std::to_string(offset));
  }
  return {file, bytes.subspan(offset, wanted), file.get()};
}

size_t StoredBytes(int type) {
  switch (type) {
    case TensorProto::FLOAT:
    case TensorProto::INT32:
    case TensorProto::UINT32:
      return 4;
    case TensorProto::DOUBLE:
    case TensorProto::INT64:
      return 8;
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
    case TensorProto::INT16:
    case TensorProto::UINT16:
      return 2;
    case TensorProto::INT8:
    case TensorProto::UINT8:
    case TensorProto::BOOL:
      return 1;
    default:
      Fail(ErrorKind::kUnsupported,
           "element type " + TensorProto::DataType_Name(static_cast<TensorProto::DataType>(type)) +
               " is not supported; export the model with floats or integers of 8 bits");
  }
}

template <typename T, typename Field>
Constant FromField(const Field& field) {
  return MakeConstant(std::vector<T>(field.begin(), field.end()));
}

/// Returns the values from the typed fields, as raw_data would hold them.
Constant FromFields(const TensorProto& proto) {
  switch (proto.data_type()) {
    case TensorProto::FLOAT:
      return FromField<float>(proto.float_data());
    case TensorProto::DOUBLE:
      return FromField<double>(proto.double_data());
    case TensorProto::INT64:
      return FromField<int64_t>(proto.int64_data());
    case TensorProto::INT32:
      return FromField<int32_t>(proto.int32_data());
    case TensorProto::UINT32:
      return FromField<uint32_t>(proto.uint64_data());
    case TensorProto::INT16:
    case TensorProto::UINT16:
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
      return FromField<uint16_t>(proto.int32_data());
    default:
      return FromField<uint8_t>(proto.int32_data());
  }
}

Constant RawConstant(TensorProto& proto, const std::string& folder, size_t wanted) {
  if (proto.data_location() == TensorProto::EXTERNAL) return ReadExternal(proto, folder, wanted);
  if (!proto.has_raw_data()) return FromFields(proto);
  auto owner = std::make_shared<const std::string>(std::move(*proto.mutable_raw_data()));
  return {owner, std::as_bytes(std::span(owner->data(), owner->size()))};
}

/// Copies bytes that do not lie where their type may be read.
Constant Aligned(Constant raw, size_t element_bytes) {
  if (reinterpret_cast<uintptr_t>(raw.bytes.data()) % element_bytes == 0) return raw;
  return MakeConstant(std::vector<std::byte>(raw.bytes.begin(), raw.bytes.end()));
}

template <typename From, typename To, typename Convert>
Constant Converted(const Constant& raw, Convert convert) {
  const std::span from(reinterpret_cast<const From*>(raw.bytes.data()),
                       raw.bytes.size() / sizeof(From));
  std::vector<To> to;
  to.reserve(from.size());
  for (From value : from) to.push_back(static_cast<To>(convert(value)));
  return MakeConstant(std::move(to));
}

float FromBfloat16(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  static_assert(sizeof(value) == sizeof(wide));
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

/// Returns the nearest bfloat16 of a finite float, ties to even.
uint16_t ToBfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

template <typename T>
void Append(T value, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

/// Appends a number as a tensor of ONNX's `type` stores it.
void AppendFloat(int type, float value, std::string& bytes) {
  const bool half = type == TensorProto::FLOAT16;
  if (!std::isfinite(value) || (half && !std::isfinite(FromFloat16(ToFloat16(value))))) {
    Fail(ErrorKind::kUnusable, "a value is too large for the type of its tensor");
  }
  if (half) return Append(ToFloat16(value), bytes);
  if (type == TensorProto::BFLOAT16) return Append(ToBfloat16(value), bytes);
  if (type == TensorProto::DOUBLE) return Append(double{value}, bytes);
  Check(type == TensorProto::FLOAT, "floats for a tensor of another type");
  Append(value, bytes);
}

/// Gives the tensor a type that TFLite computes with.
void SetTyped(Tensor& tensor, int type, Constant raw) {
  const auto same = [](auto value) { return value; };
  const auto set = [&](ElementType to, Constant constant) {
    tensor.type = to;
    tensor.constant = std::move(constant);
  };
  switch (type) {
    case TensorProto::FLOAT:
      return set(ElementType::kFloat32, std::move(raw));
    case TensorProto::DOUBLE:
      return set(ElementType::kFloat32, Converted<double, float>(raw, same));
    case TensorProto::FLOAT16:
      return set(ElementType::kFloat32, Converted<uint16_t, float>(raw, FromFloat16));
    case TensorProto::BFLOAT16:
      return set(ElementType::kFloat32, Converted<uint16_t, float>(raw, FromBfloat16));
    case TensorProto::INT64:
      return set(ElementType::kInt64, std::move(raw));
    case TensorProto::INT32:
      return set(ElementType::kInt32, std::move(raw));
    case TensorProto::UINT32:
      return set(ElementType::kInt64, Converted<uint32_t, int64_t>(raw, same));
    case TensorProto::INT16:
      return set(ElementType::kInt16, std::move(raw));
    case TensorProto::UINT16:
      return set(ElementType::kInt32, Converted<uint16_t, int32_t>(raw, same));
    case TensorProto::INT8:
      return set(ElementType::kInt8, std::move(raw));
    case TensorProto::UINT8:
      return set(ElementType::kUInt8, std::move(raw));
    default:
      return set(ElementType::kBool, std::move(raw));
  }
}

/// A lone infinity may be the bound of a Clip or the value of a Pad, and -inf masks scores. Who
/// reads it refuses it among weights.
void RequireMeaningful(const Tensor& tensor) {
  if (!tensor.is_float()) return;
  const bool alone = tensor.elements() == 1;
  const auto values = tensor.Values<float>();
  const auto means_nothing = [&](float value) {
    return !std::isfinite(value) && !(std::isinf(value) && (alone || value < 0));
  };
  const auto found = std::ranges::find_if(values, means_nothing);
  if (found == values.end()) return;
  const auto count = std::count_if(found, values.end(), means_nothing);
  Fail(ErrorKind::kUnusable, "it holds NaN or infinity, at element " +
                                 std::to_string(found - values.begin()) + " of " +
                                 std::to_string(values.size()) + (count == 1 ? "" : " and others"));
}

}  // namespace

Tensor ReadInitializer(onnx::TensorProto& proto, const std::string& folder) {
  Tensor tensor;
  tensor.name = proto.name();
  try {
    tensor.shape.assign(proto.dims().begin(), proto.dims().end());
    const size_t element_bytes = StoredBytes(proto.data_type());
    const size_t wanted = static_cast<size_t>(NumElements(tensor.shape)) * element_bytes;
    Constant raw = RawConstant(proto, folder, wanted);
    if (raw.bytes.size() != wanted) {
      Fail(ErrorKind::kUnusable, "it holds " + std::to_string(raw.bytes.size()) +
                                     " bytes where shape " + ToText(tensor.shape) + " needs " +
                                     std::to_string(wanted));
    }
    SetTyped(tensor, proto.data_type(), Aligned(std::move(raw), element_bytes));
    RequireMeaningful(tensor);
  } catch (const Error& error) {
    throw error.WithContext("tensor '" + proto.name() + "'");
  }
  return tensor;
}

void EmbedExternal(onnx::TensorProto& proto, const std::string& folder) {
  if (proto.data_location() != TensorProto::EXTERNAL) return;
  const Shape shape(proto.dims().begin(), proto.dims().end());
  const size_t wanted = static_cast<size_t>(NumElements(shape)) * StoredBytes(proto.data_type());
  const Constant external = ReadExternal(proto, folder, wanted);
  proto.set_raw_data(external.bytes.data(), external.bytes.size());
  proto.clear_external_data();
  proto.clear_data_location();
}

void SetFloats(onnx::TensorProto& proto, std::span<const float> values) {
  std::string bytes;
  for (float value : values) AppendFloat(proto.data_type(), value, bytes);
  proto.clear_float_data();
  proto.clear_double_data();
  proto.clear_int32_data();
  proto.clear_external_data();
  proto.clear_data_location();
  proto.set_raw_data(std::move(bytes));
}

}  // namespace qconvert
