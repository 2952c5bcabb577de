#include "lib/onnx/names_read.h"

#include <onnx.pb.h>

namespace qconvert {
namespace {

/// Returns what a branch or a loop body reads and does not define itself.
std::set<std::string> NamesCaptured(const onnx::GraphProto& graph) {
  std::set<std::string> names;
  for (const onnx::NodeProto& node : graph.node()) names.merge(NamesRead(node));
  for (const auto& output : graph.output()) names.insert(output.name());
  for (const std::string& own : NamesDefined(graph)) names.erase(own);
  return names;
}

}  // namespace

std::set<std::string> NamesRead(const onnx::NodeProto& node) {
  std::set<std::string> names(node.input().begin(), node.input().end());
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) names.merge(NamesCaptured(attribute.g()));
  }
  names.erase("");
  return names;
}

std::set<std::string> NamesDefined(const onnx::GraphProto& graph) {
  std::set<std::string> names;
  for (const auto& input : graph.input()) names.insert(input.name());
  for (const auto& initializer : graph.initializer()) names.insert(initializer.name());
  for (const onnx::NodeProto& node : graph.node()) {
    names.insert(node.output().begin(), node.output().end());
  }
  names.erase("");
  return names;
}

}  // namespace qconvert
