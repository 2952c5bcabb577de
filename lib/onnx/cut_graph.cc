#include "lib/onnx/cut_graph.h"

#include <algorithm>
#include <map>
#include <set>

#include <onnx.pb.h>

#include "lib/base/error.h"
#include "lib/base/nearest_name.h"
#include "lib/onnx/names_read.h"

namespace qconvert {
namespace {

using Values = google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>;

/// Returns what the model says of a tensor; nothing but its name when it says nothing.
onnx::ValueInfoProto Described(const onnx::GraphProto& graph, const std::string& name) {
  for (const Values* values : {&graph.input(), &graph.value_info(), &graph.output()}) {
    for (const auto& value : *values) {
      if (value.name() == name && value.type().has_tensor_type()) return value;
    }
  }
  onnx::ValueInfoProto value;
  value.set_name(name);
  value.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  return value;
}

void RequireComputed(const onnx::GraphProto& graph, const std::string& flag,
                     const std::string& name) {
  std::set<std::string> known;
  for (const auto& input : graph.input()) known.insert(input.name());
  for (const onnx::NodeProto& node : graph.node()) {
    known.insert(node.output().begin(), node.output().end());
  }
  known.erase("");
  if (known.count(name) != 0) return;
  const std::string nearest = NearestName(name, {known.begin(), known.end()});
  Fail(ErrorKind::kUsage, flag + " names '" + name + "', which is no input of the model and no " +
                              "result of a node; did you mean '" + nearest + "'?");
}

/// Lets nobody compute a tensor; it comes from outside.
void BeginAt(onnx::GraphProto& graph, const std::string& name) {
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (std::string& output : *node.mutable_output()) {
      if (output == name) output.clear();
    }
  }
  const bool is_input = std::ranges::any_of(
      graph.input(), [&](const onnx::ValueInfoProto& input) { return input.name() == name; });
  if (!is_input) *graph.add_input() = Described(graph, name);
}

template <typename Element, typename Keep>
void KeepIf(google::protobuf::RepeatedPtrField<Element>& elements, Keep keep) {
  const auto end = std::remove_if(elements.begin(), elements.end(),
                                  [&](const Element& element) { return !keep(element); });
  elements.erase(end, elements.end());
}

/// Drops what the outputs do not need.
void DropUnneeded(onnx::GraphProto& graph, const std::set<std::string>& kept_inputs) {
  std::map<std::string, const onnx::NodeProto*> producers;
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& output : node.output()) producers.emplace(output, &node);
  }
  producers.erase("");
  std::set<std::string> needed = kept_inputs;
  std::vector<std::string> open;
  for (const auto& output : graph.output()) open.push_back(output.name());
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    if (!needed.insert(name).second) continue;
    const auto producer = producers.find(name);
    if (producer == producers.end()) continue;
    for (const std::string& read : NamesRead(*producer->second)) open.push_back(read);
  }
  const auto is_needed = [&](const auto& named) { return needed.count(named.name()) != 0; };
  KeepIf(*graph.mutable_node(), [&](const onnx::NodeProto& node) {
    return std::ranges::any_of(node.output(), [&](const std::string& output) {
      return !output.empty() && needed.count(output) != 0;
    });
  });
  KeepIf(*graph.mutable_input(), is_needed);
  KeepIf(*graph.mutable_initializer(), is_needed);
}

}  // namespace

void CutGraph(onnx::GraphProto& graph, const std::vector<std::string>& inputs,
              const std::vector<std::string>& outputs) {
  if (inputs.empty() && outputs.empty()) return;
  for (const std::string& name : inputs) RequireComputed(graph, "--inputs", name);
  for (const std::string& name : outputs) RequireComputed(graph, "--outputs", name);
  if (!outputs.empty()) {
    Values ends;
    for (const std::string& name : outputs) *ends.Add() = Described(graph, name);
    graph.mutable_output()->Swap(&ends);
  }
  for (const std::string& name : inputs) BeginAt(graph, name);
  DropUnneeded(graph, {inputs.begin(), inputs.end()});
}

}  // namespace qconvert
