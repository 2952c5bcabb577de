// The OnnxNode that operators' readers see, over one NodeProto and the graph under construction.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/ops/onnx_node.h"

namespace onnx {
class AttributeProto;
class GraphProto;
class NodeProto;
}  // namespace onnx

namespace qconvert {

/// The tensors of the ONNX graph by their names, and where nodes go.
struct ImportScope {
  Graph* graph = nullptr;
  std::map<std::string, TensorId> tensors;
  std::string folder;
  int opset = 0;
  size_t expanded_bytes = 0;  // of constants that were computed from smaller ones
  std::function<void(Tensor& constant)> edit = nullptr;  // of ImportOptions

  /// Lets the caller change a constant that the model stores.
  void Show(Tensor& constant) const {
    if (edit && constant.is_float()) edit(constant);
  }
};

/// Imports one node into a scope.
class NodeImporter : public OnnxNode {
 public:
  NodeImporter(const onnx::NodeProto& proto, ImportScope& scope);

  const std::string& name() const override { return name_; }
  const std::string& op_type() const override { return op_type_; }
  int opset() const override { return scope_.opset; }

  bool Has(std::string_view attribute) const override;
  int64_t Int(std::string_view attribute, int64_t otherwise) const override;
  float Float(std::string_view attribute, float otherwise) const override;
  std::string String(std::string_view attribute, std::string_view otherwise) const override;
  std::vector<int64_t> Ints(std::string_view attribute) const override;
  std::vector<float> Floats(std::string_view attribute) const override;
  Tensor TensorAttribute(std::string_view attribute) const override;
  /// Returns a subgraph. Throws Error(kUnusable) when it is not given.
  const onnx::GraphProto& GraphAttribute(std::string_view attribute) const;

  size_t input_count() const override;
  size_t output_count() const override;
  bool HasInput(size_t i) const override;
  bool HasOutput(size_t i) const override;
  TensorId Input(size_t i) const override;
  const Tensor& tensor(TensorId id) const override;

  TensorId AddConstant(Tensor tensor) override;
  TensorId Emit(Operator op, std::vector<TensorId> inputs, size_t outputs) override;
  void SetOutput(size_t i, TensorId id) override;

  /// Names the nodes that were emitted: the ONNX node's name goes to the one that computes, and
  /// each of the others has its operator behind that name.
  void NameNodes();

 private:
  TensorId EmitAsIs(Operator op, std::vector<TensorId> inputs, size_t outputs);
  bool MayFold(const std::vector<const Tensor*>& operands, const std::vector<Tensor>& results);
  TensorId Add(Node node, std::vector<Tensor> results);
  std::vector<const Tensor*> Operands(const Node& node) const;
  const onnx::AttributeProto* Find(std::string_view attribute, int type) const;
  const onnx::AttributeProto& Require(std::string_view attribute, int type) const;

  const onnx::NodeProto& proto_;
  ImportScope& scope_;
  std::string name_, op_type_;
  std::vector<Node*> emitted_;
};

/// Returns a node's name, or "<OpType>_<first output>" when it has none.
std::string NodeName(const onnx::NodeProto& proto);

}  // namespace qconvert
