// Cuts an ONNX graph at tensors of the user's choice. Stands behind inline_functions.h, before
// sort_nodes.h: what is cut away is not read.
#pragma once

#include <string>
#include <vector>

namespace onnx {
class GraphProto;
}

namespace qconvert {

/// Makes the tensors named the graph's outputs, and others named its inputs, and drops all nodes
/// that the outputs do not need, and inputs that no node reads any more. An empty list leaves the
/// model's own. A new input has the type and shape that the model states of it, or is a float32 of
/// unknown shape.
///   Throws Error(kUsage) when there is no such tensor, or a constant is to be an input.
void CutGraph(onnx::GraphProto& graph, const std::vector<std::string>& inputs,
              const std::vector<std::string>& outputs);

}  // namespace qconvert
