#include "lib/tflite/runtime_version.h"

#include <array>
#include <cstdio>
#include <string_view>

#include "tflite_generated.h"

namespace qconvert {
namespace {

struct FirstRuntime {
  int code;
  int version;
  std::string_view runtime;
};

// Only what differs from the rule that a version 1 is as old as 1.5.0 and a version 2 is
// int8's 1.14.0.
constexpr std::array kFirstRuntimes = {
    FirstRuntime{tflite::BuiltinOperator_CONV_2D, 3, "1.14.0"},
    FirstRuntime{tflite::BuiltinOperator_CONV_2D, 6, "2.9.0"},
    FirstRuntime{tflite::BuiltinOperator_CONV_2D, 7, "2.11.0"},
    FirstRuntime{tflite::BuiltinOperator_DEPTHWISE_CONV_2D, 3, "1.14.0"},
    FirstRuntime{tflite::BuiltinOperator_DEPTHWISE_CONV_2D, 7, "2.11.0"},
    FirstRuntime{tflite::BuiltinOperator_FULLY_CONNECTED, 4, "1.14.0"},
    FirstRuntime{tflite::BuiltinOperator_FULLY_CONNECTED, 5, "2.0.0"},
    FirstRuntime{tflite::BuiltinOperator_FULLY_CONNECTED, 6, "2.1.0"},
    FirstRuntime{tflite::BuiltinOperator_FULLY_CONNECTED, 10, "2.11.0"},
    FirstRuntime{tflite::BuiltinOperator_TRANSPOSE_CONV, 2, "2.0.0"},
    FirstRuntime{tflite::BuiltinOperator_TRANSPOSE_CONV, 3, "2.3.0"},
    FirstRuntime{tflite::BuiltinOperator_TRANSPOSE_CONV, 4, "2.13.0"},
    FirstRuntime{tflite::BuiltinOperator_BATCH_MATMUL, 1, "2.3.0"},
    FirstRuntime{tflite::BuiltinOperator_BATCH_MATMUL, 2, "2.3.0"},
    FirstRuntime{tflite::BuiltinOperator_MUL, 3, "1.15.0"},
    FirstRuntime{tflite::BuiltinOperator_HARD_SWISH, 1, "1.15.0"},
    FirstRuntime{tflite::BuiltinOperator_GELU, 1, "2.9.0"},
    FirstRuntime{tflite::BuiltinOperator_GELU, 2, "2.9.0"},
    FirstRuntime{tflite::BuiltinOperator_RELU_0_TO_1, 1, "2.12.0"},
    FirstRuntime{tflite::BuiltinOperator_ELU, 1, "1.14.0"},
    FirstRuntime{tflite::BuiltinOperator_RESIZE_BILINEAR, 3, "2.2.0"},
    FirstRuntime{tflite::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR, 3, "2.3.0"},
    FirstRuntime{tflite::BuiltinOperator_QUANTIZE, 1, "1.14.0"},
    FirstRuntime{tflite::BuiltinOperator_DEQUANTIZE, 3, "1.15.0"},
    FirstRuntime{tflite::BuiltinOperator_DEQUANTIZE, 5, "2.7.0"},
    FirstRuntime{tflite::BuiltinOperator_DEQUANTIZE, 6, "2.18.0"},
    FirstRuntime{tflite::BuiltinOperator_DIV, 2, "2.3.0"},
};

}  // namespace

std::string MinRuntimeVersion(int code, int version) {
  for (const FirstRuntime& first : kFirstRuntimes) {
    if (first.code == code && first.version == version) return std::string(first.runtime);
  }
  if (version == 1) return "1.5.0";
  return version == 2 ? "1.14.0" : "2.3.0";
}

std::string LaterRuntime(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text) {
    int major = 0, minor = 0, patch = 0;
    std::sscanf(text.c_str(), "%d.%d.%d", &major, &minor, &patch);
    return (major * 1000 + minor) * 1000 + patch;
  };
  return number(a) >= number(b) ? a : b;
}

}  // namespace qconvert
