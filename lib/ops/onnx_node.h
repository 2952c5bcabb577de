// One ONNX node as an operator's reader sees it: attributes and operands without protobuf, and the
// means to emit nodes of the intermediate representation. Filled by onnx/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// An ONNX node that is being imported. All shapes are known: dimensions are resolved before, and a
/// node whose operands are constants is evaluated as soon as it is emitted.
class OnnxNode {
 public:
  virtual ~OnnxNode() = default;

  virtual const std::string& name() const = 0;
  virtual const std::string& op_type() const = 0;
  virtual int opset() const = 0;

  // Attributes. A missing one gives the default; one of another type throws Error(kUnusable).
  virtual bool Has(std::string_view attribute) const = 0;
  virtual int64_t Int(std::string_view attribute, int64_t otherwise) const = 0;
  virtual float Float(std::string_view attribute, float otherwise) const = 0;
  virtual std::string String(std::string_view attribute, std::string_view otherwise) const = 0;
  virtual std::vector<int64_t> Ints(std::string_view attribute) const = 0;  ///< empty if missing
  virtual std::vector<float> Floats(std::string_view attribute) const = 0;
  virtual Tensor TensorAttribute(std::string_view attribute) const = 0;

  // Operands.
  virtual size_t input_count() const = 0;
  virtual size_t output_count() const = 0;
  virtual bool HasInput(size_t i) const = 0;
  virtual bool HasOutput(size_t i) const = 0;  ///< named, so that somebody may read it
  /// Returns an operand. Throws Error(kUnusable) when it is not given.
  virtual TensorId Input(size_t i) const = 0;
  virtual const Tensor& tensor(TensorId id) const = 0;
  const Tensor& InputTensor(size_t i) const { return tensor(Input(i)); }
  /// Returns the values of a constant operand. Throws Error(kUnsupported) when it is computed from
  /// the model's inputs.
  std::vector<int64_t> ConstantInts(size_t i) const;
  std::vector<float> ConstantFloats(size_t i) const;

  // Results.
  virtual TensorId AddConstant(Tensor tensor) = 0;
  /// Adds a node, infers its outputs and evaluates it when all operands are constants.
  ///   result  the first output; `outputs` of them follow each other in id order
  virtual TensorId Emit(Operator op, std::vector<TensorId> inputs, size_t outputs = 1) = 0;
  /// Makes a tensor the node's output i.
  virtual void SetOutput(size_t i, TensorId id) = 0;

  /// Emits one node and makes its only output the ONNX node's.
  void EmitOutput(Operator op, std::vector<TensorId> inputs) {
    SetOutput(0, Emit(std::move(op), std::move(inputs)));
  }
  /// Emits the Transpose [N,C,H,W] -> [N,H,W,C] (for rank 3: [N,C,W] is first made [N,C,1,W]).
  TensorId ToNhwc(TensorId nchw);
  /// Emits the Transpose [N,H,W,C] -> [N,C,H,W].
  TensorId ToNchw(TensorId nhwc);
  /// Emits a Transpose, or returns `id` when perm is the identity.
  TensorId EmitTranspose(TensorId id, std::vector<int> perm);
  TensorId EmitReshape(TensorId id, Shape shape);

  /// Throws Error(kUnsupported) with `reason`; the importer adds file, node and operator.
  [[noreturn]] void Refuse(const std::string& reason) const;
};

}  // namespace qconvert
