#include "lib/onnx/printable_names.h"

#include <onnx.pb.h>

#include "lib/base/printable.h"

namespace qconvert {
namespace {

void Clean(std::string& name) {
  std::string printable = Printable(name);
  if (printable != name) name = std::move(printable);
}

template <typename Names>
void CleanAll(Names& names) {
  for (std::string& name : names) Clean(name);
}

void Clean(onnx::ValueInfoProto& value) {
  Clean(*value.mutable_name());
  if (!value.has_type() || !value.type().has_tensor_type()) return;
  if (!value.type().tensor_type().has_shape()) return;
  for (auto& dim : *value.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim()) {
    if (dim.has_dim_param()) Clean(*dim.mutable_dim_param());
  }
}

void Clean(onnx::GraphProto& graph);

void Clean(onnx::NodeProto& node) {
  Clean(*node.mutable_name());
  Clean(*node.mutable_op_type());
  Clean(*node.mutable_domain());
  CleanAll(*node.mutable_input());
  CleanAll(*node.mutable_output());
  for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
    Clean(*attribute.mutable_name());
    if (attribute.has_s()) Clean(*attribute.mutable_s());  // such as a mode
    if (attribute.has_g()) Clean(*attribute.mutable_g());
  }
}

void Clean(onnx::GraphProto& graph) {
  Clean(*graph.mutable_name());
  for (onnx::TensorProto& tensor : *graph.mutable_initializer()) Clean(*tensor.mutable_name());
  for (onnx::ValueInfoProto& value : *graph.mutable_input()) Clean(value);
  for (onnx::ValueInfoProto& value : *graph.mutable_output()) Clean(value);
  for (onnx::NodeProto& node : *graph.mutable_node()) Clean(node);
}

}  // namespace

void MakeNamesPrintable(onnx::ModelProto& model) {
  Clean(*model.mutable_graph());
  for (onnx::FunctionProto& function : *model.mutable_functions()) {
    Clean(*function.mutable_name());
    Clean(*function.mutable_domain());
    CleanAll(*function.mutable_input());
    CleanAll(*function.mutable_output());
    CleanAll(*function.mutable_attribute());
    for (onnx::NodeProto& node : *function.mutable_node()) Clean(node);
  }
}

}  // namespace qconvert
