#include "lib/onnx/copied_nodes.h"

#include <onnx.pb.h>

#include "lib/onnx/node_importer.h"

namespace qconvert {
namespace {

void AddNames(const onnx::GraphProto& graph, std::set<std::string>& names) {
  for (const auto& input : graph.input()) names.insert(input.name());
  for (const auto& initializer : graph.initializer()) names.insert(initializer.name());
  for (const onnx::NodeProto& node : graph.node()) {
    names.insert(node.output().begin(), node.output().end());
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) AddNames(attribute.g(), names);
    }
  }
}

}  // namespace

void CopyNames::Define(const std::set<std::string>& inner) {
  for (const std::string& name : inner) {
    if (names_.count(name) != 0) continue;
    std::string own = prefix_ + "/" + name;
    for (int number = 2; !taken_.insert(own).second; ++number) {
      own = prefix_ + "/" + name + "_" + std::to_string(number);
    }
    names_[name] = std::move(own);
  }
}

std::string CopyNames::Of(const std::string& inner) const {
  const auto found = names_.find(inner);
  return found == names_.end() ? inner : found->second;
}

void CopyNames::Rename(onnx::NodeProto& node) const {
  node.set_name(prefix_ + "/" + NodeName(node));
  for (std::string& input : *node.mutable_input()) input = Of(input);
  for (std::string& output : *node.mutable_output()) output = Of(output);
  for (auto& attribute : *node.mutable_attribute()) {
    if (attribute.has_g()) Rename(*attribute.mutable_g());
  }
}

void CopyNames::Rename(onnx::GraphProto& graph) const {
  for (auto& input : *graph.mutable_input()) input.set_name(Of(input.name()));
  for (auto& initializer : *graph.mutable_initializer()) {
    initializer.set_name(Of(initializer.name()));
  }
  for (onnx::NodeProto& node : *graph.mutable_node()) Rename(node);
  for (auto& output : *graph.mutable_output()) output.set_name(Of(output.name()));
}

std::set<std::string> AllNames(const onnx::GraphProto& graph) {
  std::set<std::string> names;
  AddNames(graph, names);
  return names;
}

}  // namespace qconvert
