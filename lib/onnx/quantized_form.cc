#include "lib/onnx/quantized_form.h"

#include <map>
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

}  // namespace

const QuantizedForm* FindQuantizedForm(const std::string& op_type) {
  static const std::map<std::string_view, QuantizedForm> forms = {
      {"QLinearConv", {"Conv", {0, 3}, 6, 8}},
      {"QLinearMatMul", {"MatMul", {0, 3}, 6}},
      {"QGemm", {"Gemm", {0, 3}, 7, 6}},
      {"QLinearAdd", {"Add", {0, 3}, 6}},
      {"QLinearMul", {"Mul", {0, 3}, 6}},
      {"QLinearWhere", {"Where", {1, 4}, 7}},
      {"QLinearLeakyRelu", {"LeakyRelu", {0}, 3}},
      {"QLinearSigmoid", {"Sigmoid", {0}, 3}},
      {"QLinearSoftmax", {"Softmax", {0}, 3}},
      {"QLinearAveragePool", {"AveragePool", {0}, 3}},
      {"QLinearGlobalAveragePool", {"GlobalAveragePool", {0}, 3}},
      {"QLinearReduceMean", {"ReduceMean", {0}, 3}},
  };
  const auto found = forms.find(op_type);
  return found == forms.end() ? nullptr : &found->second;
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
