// An .onnx file -> Graph: the first station of the data's path. passes/ comes next. The only room
// that knows protobuf (beside the sample reader of ONNX tensors).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

struct ImportOptions {
  std::map<std::string, Shape> shapes = {};  ///< of inputs, by name; what they say beats the model
  /// Names of tensors at which the graph begins and ends; empty: where the model says.
  std::vector<std::string> inputs = {}, outputs = {};
  /// Is shown each float constant that the model stores, as float32 under the name that nodes read,
  /// before any node is read, and may change its values; null: nobody is.
  std::function<void(Tensor& constant)> edit = nullptr;
};

/// Reads the model at `path`; external data is mapped from the model's folder.
///   result  float32 graph; inputs and outputs have ONNX's names and layout; shape arithmetic is
///           evaluated, a symbolic batch is 1
/// Metadata "dynamic_quantization" counts the activations that the model would round at run time
/// and the graph does not (expand_quantized.h).
///   Throws Error(kUnusable) for damaged or hostile files, Error(kUnsupported), listing all such
///   nodes, for operators we cannot convert, Error(kUsage) when a shape must be given.
Graph ImportOnnx(const std::string& path, const ImportOptions& options);

}  // namespace qconvert
