// Gives ONNX's names back to tensors that took over from others.
//
//     x/nhwc, where no tensor x is used any more   =>   x
//
// Reports, --exclude and people know tensors by the names of the ONNX file.
#include "lib/passes/passes.h"

namespace qconvert {
namespace {

constexpr std::string_view kSuffix = "/nhwc";

void RestoreName(Graph& graph, TensorId id) {
  const std::string name = graph.tensor(id).name;
  if (!graph.IsUsed(id) || !name.ends_with(kSuffix)) return;
  const std::string original = name.substr(0, name.size() - kSuffix.size());
  const TensorId holder = graph.FindTensor(original);
  if (holder == kNoTensor) {
    graph.Rename(id, original);
  } else if (!graph.IsUsed(holder)) {
    graph.SwapNames(id, holder);
  }
}

}  // namespace

void RestoreNames(Graph& graph) {
  for (TensorId id = 0; id < graph.tensor_count(); ++id) RestoreName(graph, id);
}

}  // namespace qconvert
