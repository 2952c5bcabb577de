// TFLite's numbers for element types.
#pragma once

#include <optional>

#include "lib/graph/element_type.h"

namespace qconvert {

/// Returns the value of tflite::TensorType for a type of ours.
int TfliteTypeCode(ElementType type);

/// Returns our type for a value of tflite::TensorType; nothing for types we do not hold.
std::optional<ElementType> ElementTypeOfTfliteCode(int code);

}  // namespace qconvert
