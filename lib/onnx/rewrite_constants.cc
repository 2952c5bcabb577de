#include "lib/onnx/rewrite_constants.h"

#include <climits>
#include <filesystem>

#include <onnx.pb.h>

#include "lib/base/check.h"
#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/onnx/external_files.h"
#include "lib/onnx/initializer.h"
#include "lib/onnx/names_read.h"
#include "lib/onnx/parse_model.h"

namespace qconvert {
namespace {

using onnx::TensorProto;

bool HoldsFloats(const TensorProto& tensor) {
  const int type = tensor.data_type();
  return type == TensorProto::FLOAT || type == TensorProto::DOUBLE ||
         type == TensorProto::FLOAT16 || type == TensorProto::BFLOAT16;
}

/// Returns the tensor that a Constant node gives; null for other nodes.
TensorProto* TensorOf(onnx::NodeProto& node) {
  if (node.op_type() != "Constant" || node.output_size() != 1) return nullptr;
  for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
    if (attribute.name() == "value" && attribute.has_t()) return attribute.mutable_t();
  }
  return nullptr;
}

/// Calls body(name, tensor) for each constant of a graph.
template <typename Body>
void ForEachConstant(onnx::GraphProto& graph, const Body& body) {
  for (TensorProto& initializer : *graph.mutable_initializer()) {
    body(initializer.name(), initializer);
  }
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    if (TensorProto* tensor = TensorOf(node)) body(node.output(0), *tensor);
  }
}

/// Counts how often each name is read, by nodes and as an output.
std::map<std::string, int> ReadersOf(const onnx::GraphProto& graph) {
  std::map<std::string, int> readers;
  for (const onnx::NodeProto& node : graph.node()) {
    std::map<std::string, int> own;
    for (const std::string& name : node.input()) ++own[name];
    for (const std::string& name : NamesRead(node)) readers[name] += std::max(1, own[name]);
  }
  for (const onnx::ValueInfoProto& output : graph.output()) ++readers[output.name()];
  return readers;
}

onnx::ModelProto Parsed(const std::string& path) {
  onnx::ModelProto model;
  ParseModel(*MappedFile::Open(path), model);
  return model;
}

/// Takes external data into every tensor of a graph, those of branches and bodies, too.
void Embed(onnx::GraphProto& graph, const std::string& folder);

void Embed(onnx::NodeProto& node, const std::string& folder) {
  for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
    if (attribute.has_t()) EmbedExternal(*attribute.mutable_t(), folder);
    for (TensorProto& tensor : *attribute.mutable_tensors()) EmbedExternal(tensor, folder);
    if (attribute.has_g()) Embed(*attribute.mutable_g(), folder);
    for (onnx::GraphProto& graph : *attribute.mutable_graphs()) Embed(graph, folder);
  }
}

void Embed(onnx::GraphProto& graph, const std::string& folder) {
  for (TensorProto& tensor : *graph.mutable_initializer()) EmbedExternal(tensor, folder);
  for (onnx::NodeProto& node : *graph.mutable_node()) Embed(node, folder);
}

}  // namespace

std::set<std::string> ConstantsOfOneReader(const std::string& path) {
  onnx::ModelProto model = Parsed(path);
  const std::map<std::string, int> readers = ReadersOf(model.graph());
  std::set<std::string> names;
  ForEachConstant(*model.mutable_graph(), [&](const std::string& name, const TensorProto& tensor) {
    const auto found = readers.find(name);
    if (HoldsFloats(tensor) && found != readers.end() && found->second == 1) names.insert(name);
  });
  return names;
}

void RequireOneFile(const std::string& path) {
  uintmax_t bytes = std::filesystem::file_size(path);
  for (const std::string& file : ExternalFiles(path)) bytes += std::filesystem::file_size(file);
  if (bytes <= INT_MAX) return;
  Fail(ErrorKind::kUnsupported,
       path + ": its weights do not fit into one ONNX file, which holds 2 GB; drop --save-onnx");
}

std::string WithConstants(const std::string& path,
                          const std::map<std::string, std::vector<float>>& values) {
  onnx::ModelProto model = Parsed(path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  ForEachConstant(*model.mutable_graph(), [&](const std::string& name, TensorProto& tensor) {
    const auto found = values.find(name);
    if (found == values.end()) return;
    const Shape shape(tensor.dims().begin(), tensor.dims().end());
    Check(NumElements(shape) == static_cast<int64_t>(found->second.size()),
          "a constant keeps its length");
    SetFloats(tensor, found->second);
  });
  Embed(*model.mutable_graph(), folder);
  for (auto& function : *model.mutable_functions()) {
    for (onnx::NodeProto& node : *function.mutable_node()) Embed(node, folder);
  }
  std::string bytes;
  Check(model.SerializeToString(&bytes), "a model of less than 2 GB");
  return bytes;
}

}  // namespace qconvert
