// Replaces calls of a model's own functions, as torch.onnx and onnxscript write them, by the nodes
// of their bodies. Stands between the file and sort_nodes.h.
#pragma once

namespace onnx {
class ModelProto;
}

namespace qconvert {

/// Inlines the functions that a model defines, wherever they are called: in its graph, in branches
/// and in other functions. Node "block" that calls a function becomes nodes "block/NAME".
///   Throws Error(kUnusable) for functions that call themselves or grow without bound,
///   Error(kUnsupported) for one that counts on another operator set than the model does.
void InlineFunctions(onnx::ModelProto& model);

}  // namespace qconvert
