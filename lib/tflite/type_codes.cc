#include "lib/tflite/type_codes.h"

#include <array>
#include <utility>

#include "tflite_generated.h"

namespace qconvert {
namespace {

constexpr std::array<std::pair<ElementType, tflite::TensorType>, 10> kCodes = {
    {{ElementType::kFloat32, tflite::TensorType_FLOAT32},
     {ElementType::kFloat16, tflite::TensorType_FLOAT16},
     {ElementType::kFloat64, tflite::TensorType_FLOAT64},
     {ElementType::kInt4, tflite::TensorType_INT4},
     {ElementType::kInt8, tflite::TensorType_INT8},
     {ElementType::kUInt8, tflite::TensorType_UINT8},
     {ElementType::kInt16, tflite::TensorType_INT16},
     {ElementType::kInt32, tflite::TensorType_INT32},
     {ElementType::kInt64, tflite::TensorType_INT64},
     {ElementType::kBool, tflite::TensorType_BOOL}}};

}  // namespace

int TfliteTypeCode(ElementType type) { return kCodes[static_cast<size_t>(type)].second; }

std::optional<ElementType> ElementTypeOfTfliteCode(int code) {
  for (const auto& [type, tflite_type] : kCodes) {
    if (tflite_type == code) return type;
  }
  return std::nullopt;
}

}  // namespace qconvert
