#include "lib/ops/onnx_node.h"

namespace qconvert {

std::vector<int64_t> OnnxNode::ConstantInts(size_t i) const {
  const Tensor& operand = InputTensor(i);
  if (!operand.is_constant()) {
    Refuse("input " + std::to_string(i) + " ('" + operand.name +
           "') must be constant, but it is computed from the model's inputs");
  }
  return IntValues(operand);
}

std::vector<float> OnnxNode::ConstantFloats(size_t i) const {
  const Tensor& operand = InputTensor(i);
  if (!operand.is_constant() || !operand.is_float()) {
    Refuse("input " + std::to_string(i) + " ('" + operand.name + "') must be a float32 constant");
  }
  const auto values = operand.Values<float>();
  return {values.begin(), values.end()};
}

TensorId OnnxNode::EmitTranspose(TensorId id, std::vector<int> perm) {
  bool identity = true;
  for (size_t i = 0; i < perm.size(); ++i) identity = identity && perm[i] == static_cast<int>(i);
  return identity ? id : Emit(Transpose{std::move(perm)}, {id});
}

TensorId OnnxNode::EmitReshape(TensorId id, Shape shape) {
  return tensor(id).shape == shape ? id : Emit(Reshape{std::move(shape)}, {id});
}

TensorId OnnxNode::ToNhwc(TensorId nchw) {
  const Shape shape = tensor(nchw).shape;
  if (shape.size() == 3) {
    return EmitTranspose(EmitReshape(nchw, {shape[0], shape[1], 1, shape[2]}), {0, 2, 3, 1});
  }
  if (shape.size() != 4)
    Refuse("only 1-D and 2-D windows are supported, not shape " + ToText(shape));
  return EmitTranspose(nchw, {0, 2, 3, 1});
}

TensorId OnnxNode::ToNchw(TensorId nhwc) { return EmitTranspose(nhwc, {0, 3, 1, 2}); }

void OnnxNode::Refuse(const std::string& reason) const { Fail(ErrorKind::kUnsupported, reason); }

}  // namespace qconvert
