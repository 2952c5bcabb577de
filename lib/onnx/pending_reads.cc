#include "lib/onnx/pending_reads.h"

#include <onnx.pb.h>

namespace qconvert {

void PendingReads::Bind(const std::string& name, TensorId id) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) by_tensor_[id] += found->second;
}

bool PendingReads::Any(TensorId id) const {
  const auto found = by_tensor_.find(id);
  return found != by_tensor_.end() && found->second > 0;
}

void PendingReads::Count(const onnx::GraphProto& graph) {
  for (const auto& output : graph.output()) ++by_name_[output.name()];
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& input : node.input()) ++by_name_[input];
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) Count(attribute.g());
    }
  }
}

}  // namespace qconvert
