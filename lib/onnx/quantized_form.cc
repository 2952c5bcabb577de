#include "lib/onnx/quantized_form.h"

#include <algorithm>
#include <set>

#include <onnx.pb.h>

namespace qconvert {
namespace {

const onnx::AttributeProto* Find(const onnx::NodeProto& node, std::string_view name) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

const std::vector<QuantizedForm>& Forms() {
  static const std::vector<QuantizedForm> forms = {
      {"QLinearConv", "Conv", {0, 3}, 6, 8},
      {"QLinearMatMul", "MatMul", {0, 3}, 6},
      {"QGemm", "Gemm", {0, 3}, 7, 6},
      {"QLinearAdd", "Add", {0, 3}, 6},
      {"QLinearMul", "Mul", {0, 3}, 6},
      {"QLinearWhere", "Where", {1, 4}, 7},
      {"QLinearLeakyRelu", "LeakyRelu", {0}, 3},
      {"QLinearSigmoid", "Sigmoid", {0}, 3},
      {"QLinearSoftmax", "Softmax", {0}, 3},
      {"QLinearAveragePool", "AveragePool", {0}, 3},
      {"QLinearGlobalAveragePool", "GlobalAveragePool", {0}, 3},
      {"QLinearReduceMean", "ReduceMean", {0}, 3},
  };
  return forms;
}

}  // namespace

const QuantizedForm* FindQuantizedForm(const std::string& op_type) {
  const auto found = std::ranges::find(Forms(), op_type, &QuantizedForm::name);
  return found == Forms().end() ? nullptr : &*found;
}

std::vector<IntegerSpelling> IntegerSpellings() {
  std::vector<IntegerSpelling> spellings;
  const auto add = [&](std::string_view name, std::string_view real) {
    spellings.push_back({name, std::string(real) + " between DequantizeLinear and QuantizeLinear"});
  };
  for (const QuantizedForm& form : Forms()) add(form.name, form.real);
  add("QLinearConcat", "Concat");
  spellings.push_back({"ConvInteger", "Conv of DequantizeLinear"});
  spellings.push_back({"MatMulInteger", "MatMul of DequantizeLinear"});
  spellings.push_back({"MatMulIntegerToFloat", "MatMul of DequantizeLinear"});
  spellings.push_back({"DynamicQuantizeMatMul", "MatMul of DequantizeLinear"});
  spellings.push_back({"DynamicQuantizeLinear", "left out in front of products, else arithmetic"});
  return spellings;
}

bool MovesIntegers(const std::string& op_type) {
  static const std::set<std::string_view> kinds = {
      "Clip",          "Concat",       "DepthToSpace", "Expand", "Flatten",   "Gather",
      "GlobalMaxPool", "MaxPool",      "Identity",     "Pad",    "ReduceMax", "Reshape",
      "ReduceMin",     "Resize",       "Slice",        "Split",  "Squeeze",   "Tile",
      "Transpose",     "SpaceToDepth", "Unsqueeze"};
  return kinds.count(op_type) != 0;
}

std::string OperandOf(const onnx::NodeProto& node, int i) {
  return i < node.input_size() ? node.input(i) : "";
}

int64_t IntOf(const onnx::NodeProto& node, std::string_view name, int64_t otherwise) {
  const onnx::AttributeProto* attribute = Find(node, name);
  return attribute == nullptr ? otherwise : attribute->i();
}

std::string StringOf(const onnx::NodeProto& node, std::string_view name,
                     std::string_view otherwise) {
  const onnx::AttributeProto* attribute = Find(node, name);
  return attribute == nullptr ? std::string(otherwise) : attribute->s();
}

}  // namespace qconvert
