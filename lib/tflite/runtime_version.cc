#include "lib/tflite/runtime_version.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "tflite_generated.h"

namespace qconvert {
namespace {

/// The first runtime of each version of an operator, version 1 first.
struct Runtimes {
  int code;
  std::string_view by_version;
};

// Up to the newest version that we write.
constexpr std::array kRuntimes = {
    Runtimes{tflite::BuiltinOperator_CONV_2D, "1.5.0 1.14.0 1.14.0 2.3.0 2.4.0 2.9.0 2.11.0"},
    Runtimes{tflite::BuiltinOperator_DEPTHWISE_CONV_2D,
             "1.5.0 1.12.0 1.14.0 2.2.0 2.3.0 2.3.0 2.11.0"},
    Runtimes{tflite::BuiltinOperator_TRANSPOSE_CONV, "1.9.0 2.2.0 2.3.0 2.13.0"},
    Runtimes{tflite::BuiltinOperator_FULLY_CONNECTED,
             "1.5.0 1.10.0 1.14.0 1.14.0 2.0.0 2.1.0 2.3.0 2.3.0 2.3.0 2.11.0"},
    Runtimes{tflite::BuiltinOperator_BATCH_MATMUL, "2.3.0 2.3.0"},
    Runtimes{tflite::BuiltinOperator_ADD, "1.5.0 1.14.0 2.4.0 2.6.0"},
    Runtimes{tflite::BuiltinOperator_SUB, "1.6.0 1.14.0 2.3.0 2.4.0"},
    Runtimes{tflite::BuiltinOperator_MUL, "1.5.0 1.14.0 1.15.0 2.3.0 2.6.0"},
    Runtimes{tflite::BuiltinOperator_DIV, "1.6.0 2.3.0"},
    Runtimes{tflite::BuiltinOperator_MAXIMUM, "1.14.0 1.14.0 2.3.0"},
    Runtimes{tflite::BuiltinOperator_MINIMUM, "1.14.0 1.14.0 2.3.0"},
    Runtimes{tflite::BuiltinOperator_SQUARED_DIFFERENCE, "1.13.1 2.5.0"},
    Runtimes{tflite::BuiltinOperator_POW, "1.10.0"},
    Runtimes{tflite::BuiltinOperator_FLOOR_DIV, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_FLOOR_MOD, "1.13.0"},
    Runtimes{tflite::BuiltinOperator_EQUAL, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_NOT_EQUAL, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_LESS, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_LESS_EQUAL, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_GREATER, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_GREATER_EQUAL, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_LOGICAL_AND, "1.11.0"},
    Runtimes{tflite::BuiltinOperator_LOGICAL_OR, "1.11.0"},
    Runtimes{tflite::BuiltinOperator_LOGICAL_NOT, "1.11.0"},
    Runtimes{tflite::BuiltinOperator_SELECT_V2, "2.2.0"},
    Runtimes{tflite::BuiltinOperator_RELU, "1.5.0 2.1.0"},
    Runtimes{tflite::BuiltinOperator_RELU6, "1.5.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_RELU_N1_TO_1, "1.5.0"},
    Runtimes{tflite::BuiltinOperator_RELU_0_TO_1, "2.10.0"},
    Runtimes{tflite::BuiltinOperator_LEAKY_RELU, "1.13.1"},
    Runtimes{tflite::BuiltinOperator_PRELU, "1.8.0"},
    Runtimes{tflite::BuiltinOperator_HARD_SWISH, "1.15.0"},
    Runtimes{tflite::BuiltinOperator_LOGISTIC, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_TANH, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_ELU, "1.14.0"},
    Runtimes{tflite::BuiltinOperator_GELU, "2.9.0 2.9.0"},
    Runtimes{tflite::BuiltinOperator_ABS, "1.13.0 2.4.0 2.5.0 2.6.0 2.12.0"},
    Runtimes{tflite::BuiltinOperator_NEG, "1.9.0"},
    Runtimes{tflite::BuiltinOperator_EXP, "1.7.0 2.12.0"},
    Runtimes{tflite::BuiltinOperator_LOG, "1.14.0 2.15.0"},
    Runtimes{tflite::BuiltinOperator_SQRT, "1.10.0 2.21.0"},
    Runtimes{tflite::BuiltinOperator_RSQRT, "1.10.0 2.5.0"},
    Runtimes{tflite::BuiltinOperator_SQUARE, "1.12.0"},
    Runtimes{tflite::BuiltinOperator_SIN, "1.9.0"},
    Runtimes{tflite::BuiltinOperator_COS, "1.14.0"},
    Runtimes{tflite::BuiltinOperator_FLOOR, "1.9.0"},
    Runtimes{tflite::BuiltinOperator_CEIL, "1.14.0"},
    Runtimes{tflite::BuiltinOperator_ROUND, "1.14.0"},
    Runtimes{tflite::BuiltinOperator_AVERAGE_POOL_2D, "1.5.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_MAX_POOL_2D, "1.5.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_MEAN, "1.6.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_SUM, "1.10.0 1.15.0"},
    Runtimes{tflite::BuiltinOperator_REDUCE_MAX, "1.11.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_REDUCE_MIN, "1.11.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_REDUCE_PROD, "1.11.0 2.6.0"},
    Runtimes{tflite::BuiltinOperator_ARG_MAX, "1.9.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_SOFTMAX, "1.5.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_LOG_SOFTMAX, "1.14.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_RESHAPE, "1.5.0"},
    Runtimes{tflite::BuiltinOperator_TRANSPOSE, "1.6.0 1.14.0 1.15.0 2.3.0 2.4.0 2.12.0"},
    Runtimes{tflite::BuiltinOperator_PAD, "1.5.0 1.14.0 2.4.0 2.6.0"},
    Runtimes{tflite::BuiltinOperator_PADV2, "1.9.0 1.14.0 2.4.0 2.6.0"},
    Runtimes{tflite::BuiltinOperator_MIRROR_PAD, "1.13.1 2.3.0"},
    Runtimes{tflite::BuiltinOperator_STRIDED_SLICE, "1.6.0 1.14.0 2.1.0 2.2.0"},
    Runtimes{tflite::BuiltinOperator_SPLIT_V, "1.13.1 2.3.0"},
    Runtimes{tflite::BuiltinOperator_CONCATENATION, "1.5.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_GATHER, "1.6.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_TILE, "1.10.1 2.2.0 2.8.0"},
    Runtimes{tflite::BuiltinOperator_BROADCAST_TO, "2.5.0 2.5.0 2.5.0"},
    Runtimes{tflite::BuiltinOperator_RESIZE_BILINEAR, "1.7.0 1.14.0 2.2.0"},
    Runtimes{tflite::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR, "1.13.1 1.14.0 2.3.0"},
    Runtimes{tflite::BuiltinOperator_SPACE_TO_DEPTH, "1.5.0 1.14.0"},
    Runtimes{tflite::BuiltinOperator_DEPTH_TO_SPACE, "2.1.0 2.5.0"},
    Runtimes{tflite::BuiltinOperator_CAST, "1.5.0 2.7.0 2.8.0 2.9.0 2.12.0"},
    Runtimes{tflite::BuiltinOperator_QUANTIZE, "1.14.0 1.15.0 2.7.0 2.21.0"},
    Runtimes{tflite::BuiltinOperator_DEQUANTIZE, "1.13.1 1.14.0 1.15.0 2.2.0 2.7.0 2.18.0"},
};

/// Returns word `i` of words with one space between; empty when there are fewer.
std::string_view Word(std::string_view words, int i) {
  for (; i > 0 && !words.empty(); --i)
    words.remove_prefix(std::min(words.find(' '), words.size() - 1) + 1);
  return words.substr(0, words.find(' '));
}

}  // namespace

std::string MinRuntimeVersion(int code, int version) {
  for (const Runtimes& runtimes : kRuntimes) {
    if (runtimes.code == code) return std::string(Word(runtimes.by_version, version - 1));
  }
  return "";
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
