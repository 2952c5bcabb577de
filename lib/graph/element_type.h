// Element types of tensors: what ONNX declares, TFLite stores and the kernels compute with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace qconvert {

enum class ElementType : uint8_t {
  kFloat32,
  kFloat16,
  kFloat64,
  kInt4,  ///< in memory one int8 per element in [-8, 7]; packed two per byte only in the file
  kInt8,
  kUInt8,
  kInt16,
  kInt32,
  kInt64,
  kBool
};

/// Returns the bytes one element takes in memory.
size_t ElementBytes(ElementType type);

/// Returns the name of a type as the text form and messages show it, such as "float32".
std::string_view ElementTypeName(ElementType type);

template <typename T>
inline constexpr ElementType kElementTypeOf = [] {
  static_assert(sizeof(T) == 0, "no ElementType for this C++ type");
  return ElementType::kFloat32;
}();
template <>
inline constexpr ElementType kElementTypeOf<float> = ElementType::kFloat32;
template <>
inline constexpr ElementType kElementTypeOf<double> = ElementType::kFloat64;
template <>
inline constexpr ElementType kElementTypeOf<int8_t> = ElementType::kInt8;
template <>
inline constexpr ElementType kElementTypeOf<uint8_t> = ElementType::kUInt8;
template <>
inline constexpr ElementType kElementTypeOf<int16_t> = ElementType::kInt16;
template <>
inline constexpr ElementType kElementTypeOf<int32_t> = ElementType::kInt32;
template <>
inline constexpr ElementType kElementTypeOf<int64_t> = ElementType::kInt64;
template <>
inline constexpr ElementType kElementTypeOf<bool> = ElementType::kBool;

}  // namespace qconvert
