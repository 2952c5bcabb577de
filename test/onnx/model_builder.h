// Builds ONNX models for the importer's tests.
#pragma once

#include <string>
#include <vector>

#include <onnx.pb.h>

namespace qconvert {

/// An ONNX model under construction; `proto` is there to be spoiled.
class ModelBuilder {
 public:
  ModelBuilder() {
    proto.set_ir_version(8);
    proto.add_opset_import()->set_version(17);
    proto.mutable_graph()->set_name("test");
  }

  onnx::GraphProto& graph() { return *proto.mutable_graph(); }

  /// Adds an input; a dimension is a number, a symbol, or "" for nothing at all.
  onnx::ValueInfoProto& Input(const std::string& name, const std::vector<std::string>& dims,
                              int type = onnx::TensorProto::FLOAT) {
    onnx::ValueInfoProto& input = *graph().add_input();
    input.set_name(name);
    auto& tensor = *input.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    auto& shape = *tensor.mutable_shape();
    for (const std::string& dim : dims) {
      auto& added = *shape.add_dim();
      const bool number = !dim.empty() && dim.find_first_not_of("-0123456789") == std::string::npos;
      if (number) added.set_dim_value(std::stoll(dim));
      if (!number && !dim.empty()) added.set_dim_param(dim);
    }
    return input;
  }

  void Output(const std::string& name) { graph().add_output()->set_name(name); }

  onnx::TensorProto& Weights(const std::string& name, const std::vector<int64_t>& dims,
                             const std::vector<float>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (int64_t dim : dims) tensor.add_dims(dim);
    for (float value : values) tensor.add_float_data(value);
    return tensor;
  }

  onnx::NodeProto& Node(const std::string& op_type, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, const std::string& name = "") {
    return AddNode(graph(), op_type, inputs, outputs, name);
  }

  static onnx::NodeProto& AddNode(onnx::GraphProto& graph, const std::string& op_type,
                                  const std::vector<std::string>& inputs,
                                  const std::vector<std::string>& outputs,
                                  const std::string& name = "") {
    onnx::NodeProto& node = *graph.add_node();
    node.set_op_type(op_type);
    node.set_name(name);
    for (const std::string& input : inputs) node.add_input(input);
    for (const std::string& output : outputs) node.add_output(output);
    return node;
  }

  std::string Bytes() const { return proto.SerializeAsString(); }

  onnx::ModelProto proto;
};

/// Returns y = Relu(x) with x of shape 1x4.
inline ModelBuilder ReluModel() {
  ModelBuilder model;
  model.Input("x", {"1", "4"});
  model.Node("Relu", {"x"}, {"y"}, "relu");
  model.Output("y");
  return model;
}

}  // namespace qconvert
