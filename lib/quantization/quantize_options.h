// What the quantizers are asked for, and what they tell back.
#pragma once

#include <string>
#include <vector>

#include "lib/base/parallel_for.h"

namespace qconvert {

/// What the file computes with.
enum class Precision {
  kInteger,      ///< integer weights and activations
  kWeightsOnly,  ///< integer or float16 weights behind DEQUANTIZE, float arithmetic
  kFloat         ///< everything float32
};

/// Element type of the model's float inputs and outputs in an integer file.
enum class IoType { kFloat32, kInt8, kUInt8 };

struct QuantizeOptions {
  Precision precision = Precision::kInteger;
  int weight_bits = 8;              ///< 8, 4, or 16 (float16, kWeightsOnly)
  bool per_channel = true;          ///< one weight scale per output channel, else per layer
  bool asymmetric_weights = false;  ///< affine instead of symmetric
  bool allow_extensions = false;    ///< permit what only our runner executes
  bool strict = false;              ///< a float island is an error
  std::string exclude = "";         ///< ECMAScript regex; nodes whose name it finds stay float
  IoType io = IoType::kFloat32;
  ThreadPool* threads = nullptr;  ///< share the search of weight scales; null: the caller does all
};

/// A node that stays in float, and why.
struct FloatNode {
  std::string name;
  std::string kind;
  std::string reason;
};

/// What became of the nodes.
struct QuantizationReport {
  int integer_nodes = 0;
  std::vector<FloatNode> float_nodes;
  std::vector<std::string> warnings;    ///< one sentence each
  std::vector<std::string> extensions;  ///< nodes that LiteRT would refuse
  std::vector<std::string> eight_bit;   ///< with 4-bit weights: nodes whose weights stay int8
};

}  // namespace qconvert
