// Loop and Scan, whose bodies are read once for each turn: how many there are must be known.
#pragma once

#include <functional>
#include <vector>

#include "lib/graph/tensor.h"

namespace onnx {
class GraphProto;
}

namespace qconvert {

class NodeImporter;

/// Reads a body once: from the tensors that are its inputs to those that are its outputs.
///   Throws Error(kUnsupported) when a node of it cannot be converted.
using ReadBody = std::function<std::vector<TensorId>(const onnx::GraphProto& body,
                                                     const std::vector<TensorId>& operands)>;

/// Reads a Loop: carried values go from turn to turn, what else a turn gives is stacked.
///   Throws Error(kUnsupported) when the number of turns depends on the model's inputs.
void UnrollLoop(NodeImporter& loop, const ReadBody& read);

/// Reads a Scan (opset 9): as a Loop over slices of its operands.
void UnrollScan(NodeImporter& scan, const ReadBody& read);

/// Returns whether a condition holds.
///   Throws Error(kUnsupported) when it depends on the model's inputs.
bool Holds(const Tensor& condition);

}  // namespace qconvert
