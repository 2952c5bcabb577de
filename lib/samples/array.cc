#include "lib/samples/array.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <onnx.pb.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/math/float16.h"
#include "lib/samples/inflate.h"

namespace qconvert {
namespace {

template <typename T>
Array OwnedArray(ElementType type, Shape shape, std::vector<T> values) {
  auto owner = std::make_shared<const std::vector<T>>(std::move(values));
  return {type, std::move(shape), std::as_bytes(std::span<const T>(*owner)), owner};
}

template <typename T, typename Field>
Array FromField(ElementType type, Shape shape, const Field& field) {
  return OwnedArray(type, std::move(shape), std::vector<T>(field.begin(), field.end()));
}

std::optional<ElementType> TypeOf(int onnx_type) {
  switch (onnx_type) {
    case onnx::TensorProto::FLOAT:
      return ElementType::kFloat32;
    case onnx::TensorProto::FLOAT16:
      return ElementType::kFloat16;
    case onnx::TensorProto::DOUBLE:
      return ElementType::kFloat64;
    case onnx::TensorProto::INT8:
      return ElementType::kInt8;
    case onnx::TensorProto::UINT8:
      return ElementType::kUInt8;
    case onnx::TensorProto::INT16:
      return ElementType::kInt16;
    case onnx::TensorProto::INT32:
      return ElementType::kInt32;
    case onnx::TensorProto::INT64:
      return ElementType::kInt64;
    case onnx::TensorProto::BOOL:
      return ElementType::kBool;
    default:
      return std::nullopt;
  }
}

Array FromTypedFields(const onnx::TensorProto& proto, ElementType type, Shape shape) {
  switch (type) {
    case ElementType::kFloat32:
      return FromField<float>(type, std::move(shape), proto.float_data());
    case ElementType::kFloat64:
      return FromField<double>(type, std::move(shape), proto.double_data());
    case ElementType::kInt64:
      return FromField<int64_t>(type, std::move(shape), proto.int64_data());
    case ElementType::kInt32:
      return FromField<int32_t>(type, std::move(shape), proto.int32_data());
    case ElementType::kInt16:
    case ElementType::kFloat16:
      return FromField<uint16_t>(type, std::move(shape), proto.int32_data());
    default:
      return FromField<uint8_t>(type, std::move(shape), proto.int32_data());
  }
}

/// Reads element i of any numeric array as double.
double ValueAt(const Array& array, size_t i) {
  const auto load = [&]<typename T>(T) {
    T value;
    std::memcpy(&value, array.bytes.data() + i * sizeof(T), sizeof(T));
    return value;
  };
  switch (array.type) {
    case ElementType::kFloat32:
      return static_cast<double>(load(float{}));
    case ElementType::kFloat64:
      return load(double{});
    case ElementType::kFloat16:
      return static_cast<double>(FromFloat16(load(uint16_t{})));
    case ElementType::kInt8:
      return load(int8_t{});
    case ElementType::kUInt8:
    case ElementType::kBool:
      return load(uint8_t{});
    case ElementType::kInt16:
      return load(int16_t{});
    case ElementType::kInt32:
      return load(int32_t{});
    case ElementType::kInt64:
      return static_cast<double>(load(int64_t{}));
    default:
      Fail(ErrorKind::kUnusable, "values of this type cannot be samples");
  }
}

template <typename T>
void RequireHolds(double value) {
  using Limits = std::numeric_limits<T>;
  constexpr double kFirst = static_cast<double>(Limits::min());
  constexpr double kPastLast = static_cast<double>(Limits::max()) + 1;  // 2^63 for int64, rounded
  if (value >= kFirst && value < kPastLast && value == std::trunc(value)) return;
  Fail(ErrorKind::kUnusable, fmt::format("its value {} is not of type {}, which the model wants",
                                         value, ElementTypeName(kElementTypeOf<T>)));
}

template <typename T>
Array ConvertTo(const Array& array) {
  std::vector<T> values(static_cast<size_t>(NumElements(array.shape)));
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = ValueAt(array, i);
    if constexpr (std::is_integral_v<T>) RequireHolds<T>(value);
    values[i] = static_cast<T>(value);
  }
  return OwnedArray(kElementTypeOf<T>, array.shape, std::move(values));
}

}  // namespace

Array ReadTensorProto(std::span<const std::byte> bytes) {
  onnx::TensorProto proto;
  if (bytes.size() > INT32_MAX ||
      !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    Fail(ErrorKind::kUnusable, "not an ONNX tensor, or damaged");
  }
  const auto type = TypeOf(proto.data_type());
  if (!type) Fail(ErrorKind::kUnusable, "its element type is not supported");
  Shape shape(proto.dims().begin(), proto.dims().end());
  const size_t wanted = static_cast<size_t>(NumElements(shape)) * ElementBytes(*type);
  Array array;
  if (proto.has_raw_data()) {
    auto owner = std::make_shared<const std::string>(std::move(*proto.mutable_raw_data()));
    array = {*type, std::move(shape), std::as_bytes(std::span(owner->data(), owner->size())),
             owner};
  } else {
    array = FromTypedFields(proto, *type, std::move(shape));
  }
  if (array.bytes.size() != wanted) {
    Fail(ErrorKind::kUnusable, "its values do not fill its shape " + ToText(array.shape));
  }
  return array;
}

namespace {

/// Reads the shape of an IDX file, which is no part of the values, from its first bytes.
Shape IdxShape(std::span<const std::byte> bytes) {
  constexpr std::byte kUnsignedBytes{8};
  if (bytes.size() < 4 || bytes[0] != std::byte{0} || bytes[1] != std::byte{0}) {
    Fail(ErrorKind::kUnusable, "not an IDX file");
  }
  if (bytes[2] != kUnsignedBytes)
    Fail(ErrorKind::kUnusable, "IDX values other than unsigned bytes");
  const auto rank = std::to_integer<size_t>(bytes[3]);
  if (bytes.size() < 4 + 4 * rank) Fail(ErrorKind::kUnusable, "the IDX header is cut off");
  Shape shape;
  for (size_t i = 0; i < rank; ++i) {
    int64_t dim = 0;  // big-endian
    for (size_t k = 0; k < 4; ++k) dim = dim << 8 | std::to_integer<int64_t>(bytes[4 + 4 * i + k]);
    shape.push_back(dim);
  }
  return shape;
}

}  // namespace

Array ReadIdx(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  constexpr size_t kLongestHeader = 4 + 4 * 255, kMostBytes = size_t{1} << 32;
  constexpr std::byte kGzip{0x1F};
  const bool gzip = !bytes.empty() && bytes[0] == kGzip;
  Array array{ElementType::kUInt8, {}, {}, std::move(owner)};
  array.shape = IdxShape(gzip ? InflateHead(bytes, Compression::kGzip, kLongestHeader) : bytes);
  const size_t header = 4 + 4 * array.shape.size();
  const auto wanted = static_cast<size_t>(NumElements(array.shape));
  if (gzip) {
    if (wanted > kMostBytes) Fail(ErrorKind::kUnusable, "an IDX file of more than 4 GB");
    auto inflated = std::make_shared<const std::vector<std::byte>>(
        Inflate(bytes, Compression::kGzip, header + wanted));
    bytes = *inflated;
    array.owner = inflated;
  }
  if (bytes.size() - header < wanted) Fail(ErrorKind::kUnusable, "the IDX file is cut off");
  array.bytes = bytes.subspan(header, wanted);
  return array;
}

Array AsType(const Array& array, ElementType type) {
  if (array.type == type) return array;
  switch (type) {
    case ElementType::kFloat32:
      return ConvertTo<float>(array);
    case ElementType::kInt8:
      return ConvertTo<int8_t>(array);
    case ElementType::kUInt8:
    case ElementType::kBool:
      return ConvertTo<uint8_t>(array);
    case ElementType::kInt32:
      return ConvertTo<int32_t>(array);
    case ElementType::kInt64:
      return ConvertTo<int64_t>(array);
    default:
      Fail(ErrorKind::kUnusable, "cannot become " + std::string(ElementTypeName(type)));
  }
}

}  // namespace qconvert
