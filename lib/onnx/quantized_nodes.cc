#include "lib/onnx/quantized_nodes.h"

#include <algorithm>
#include <utility>

#include <onnx.pb.h>

#include "lib/onnx/copied_nodes.h"
#include "lib/onnx/node_importer.h"

namespace qconvert {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

int64_t Elements(const TensorProto& tensor) {
  int64_t elements = 1;
  for (const int64_t dim : tensor.dims()) {
    if (dim <= 0) return 0;
    if (dim > QuantizedNodes::kMostElements / elements) return QuantizedNodes::kMostElements;
    elements *= dim;
  }
  return elements;
}

/// Returns how many bytes or numbers of a small type stand in the model itself.
int64_t StoredValues(const TensorProto& tensor) {
  return std::max<int64_t>(static_cast<int64_t>(tensor.raw_data().size()),
                           tensor.int32_data_size());
}

}  // namespace

QuantizedNodes::QuantizedNodes(onnx::GraphProto& graph) : graph_(graph), taken_(AllNames(graph)) {
  for (const TensorProto& initializer : graph.initializer()) Note(initializer.name(), initializer);
  for (const NodeProto& node : graph.node()) {
    if (node.op_type() != "Constant" || node.output_size() != 1) continue;
    for (const auto& attribute : node.attribute()) {
      if (attribute.name() == "value") Note(node.output(0), attribute.t());
    }
  }
}

QuantizedNodes::~QuantizedNodes() = default;

void QuantizedNodes::Note(const std::string& name, const TensorProto& tensor) {
  const int64_t elements = Elements(tensor);
  constants_[name] = {tensor.data_type(), elements, StoredValues(tensor) >= elements};
}

void QuantizedNodes::Keep(const NodeProto& node) { nodes_.push_back(node); }

void QuantizedNodes::Finish() {
  graph_.clear_node();
  for (NodeProto& node : nodes_) *graph_.add_node() = std::move(node);
  nodes_.clear();
}

const NotedConstant* QuantizedNodes::FindConstant(const std::string& name) const {
  const auto found = constants_.find(name);
  return found == constants_.end() ? nullptr : &found->second;
}

const NamedGrid* QuantizedNodes::FindGrid(const std::string& integers) const {
  const auto found = grids_.find(integers);
  return found == grids_.end() ? nullptr : &found->second;
}

void QuantizedNodes::NoteGrid(const std::string& integers, const NamedGrid& grid) {
  const NotedConstant* scale = FindConstant(grid.scale);
  if (scale != nullptr && scale->elements == 1) grids_[integers] = grid;
}

std::string QuantizedNodes::Real(const NodeProto& place, const std::string& integers,
                                 const NamedGrid& grid, int64_t axis) {
  const std::string real = NewName(integers + "/dequantized");
  std::vector<std::string> operands = {integers, grid.scale};
  if (!grid.zero_point.empty()) operands.push_back(grid.zero_point);
  SetInt(Emit("DequantizeLinear", operands, real, place), "axis", axis);
  return real;
}

void QuantizedNodes::Quantize(const NodeProto& place, const std::string& real,
                              const NamedGrid& grid, const std::string& integers) {
  std::vector<std::string> operands = {real, grid.scale};
  if (!grid.zero_point.empty()) operands.push_back(grid.zero_point);
  Emit("QuantizeLinear", operands, integers, place);
  NoteGrid(integers, grid);
}

void QuantizedNodes::EmitReal(const NodeProto& node, std::string_view type,
                              const std::vector<std::string>& operands,
                              const std::vector<std::string>& results) {
  NodeProto real = node;
  real.set_name(NodeName(node));
  real.set_op_type(std::string(type));
  real.clear_domain();
  real.clear_input();
  real.clear_output();
  for (const std::string& operand : operands) real.add_input(operand);
  for (const std::string& result : results) real.add_output(result);
  nodes_.push_back(std::move(real));
}

NodeProto& QuantizedNodes::Emit(const char* type, const std::vector<std::string>& operands,
                                const std::string& result, const NodeProto& place) {
  NodeProto& node = nodes_.emplace_back();
  node.set_name(NodeName(place) + "/" + type);
  node.set_op_type(type);
  for (const std::string& operand : operands) node.add_input(operand);
  node.add_output(result);
  return node;
}

std::string QuantizedNodes::AddNumbers(const std::string& name, const std::vector<float>& values) {
  TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(TensorProto::FLOAT);
  if (values.size() > 1) tensor.add_dims(static_cast<int64_t>(values.size()));
  for (const float value : values) tensor.add_float_data(value);
  Note(name, tensor);
  return name;
}

std::string QuantizedNodes::AddZero(const std::string& name, int type) {
  TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  tensor.add_int32_data(0);
  Note(name, tensor);
  return name;
}

std::string QuantizedNodes::NewName(const std::string& wanted) {
  std::string name = wanted;
  for (int number = 1; !taken_.insert(name).second; ++number) {
    name = wanted + "_" + std::to_string(number);
  }
  return name;
}

void SetInt(NodeProto& node, const char* name, int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

}  // namespace qconvert
