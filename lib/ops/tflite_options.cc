#include "lib/ops/tflite_options.h"

#include "tflite_generated.h"

namespace qconvert {

std::string_view TfliteOperatorName(int code) {
  return tflite::EnumNameBuiltinOperator(static_cast<tflite::BuiltinOperator>(code));
}

}  // namespace qconvert
