#include "lib/onnx/dynamic_quantization.h"

#include <algorithm>

#include <onnx.pb.h>

#include "lib/onnx/names_read.h"
#include "lib/onnx/quantized_form.h"

namespace qconvert {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

constexpr float kLeastRange = 0x1p-100F;  // of values that are all 0, which become 0

/// Returns the other operand of a Mul, "" for other nodes.
std::string Factor(const NodeProto& node, const std::string& operand) {
  if (node.op_type() != "Mul" || node.input_size() != 2) return "";
  return node.input(node.input(0) == operand ? 1 : 0);
}

/// Emits nodes whose results have names of their own.
class Arithmetic {
 public:
  Arithmetic(const NodeProto& place, QuantizedNodes& nodes) : place_(place), nodes_(nodes) {}

  std::string operator()(const char* type, const std::vector<std::string>& operands,
                         const char* meaning) {
    const std::string result = nodes_.NewName(place_.output(0) + meaning);
    nodes_.Emit(type, operands, result, place_);
    return result;
  }

  std::string Extreme(const char* type, const char* meaning) {
    const std::string result = nodes_.NewName(place_.output(0) + meaning);
    SetInt(nodes_.Emit(type, {place_.input(0)}, result, place_), "keepdims", 0);
    return result;
  }

  std::string Number(float value, const char* meaning) {
    return nodes_.AddNumbers(nodes_.NewName(place_.output(0) + meaning), {value});
  }

 private:
  const NodeProto& place_;
  QuantizedNodes& nodes_;
};

}  // namespace

DynamicReaders::DynamicReaders(const onnx::GraphProto& graph) {
  for (const NodeProto& node : graph.node()) {
    for (const std::string& name : NamesRead(node)) readers_[name].push_back(&node);
  }
  for (const auto& output : graph.output()) outputs_.insert(output.name());
}

const std::vector<const NodeProto*>& DynamicReaders::Of(const std::string& name) const {
  static const std::vector<const NodeProto*> none;
  const auto found = readers_.find(name);
  return found == readers_.end() ? none : found->second;
}

/// Returns whether a node multiplies the reals that the integers stand for, up to their scale.
bool DynamicReaders::IsProduct(const NodeProto& reader, const NodeProto& dynamic) const {
  const std::string &y = dynamic.output(0), &zero_point = dynamic.output(2);
  if (OperandOf(reader, 0) != y || OperandOf(reader, 1) == y) return false;
  if (reader.op_type() == "MatMulIntegerToFloat") {
    return OperandOf(reader, 2) == dynamic.output(1) && OperandOf(reader, 4) == zero_point;
  }
  const bool integer = reader.op_type() == "MatMulInteger" || reader.op_type() == "ConvInteger";
  return integer && OperandOf(reader, 2) == zero_point;
}

/// Collects the floats that sums of products become; returns false where they become other things.
bool DynamicReaders::CastsToFloat(const std::string& sums, std::set<std::string>& casts) const {
  if (outputs_.count(sums) != 0) return false;
  return std::ranges::all_of(Of(sums), [&](const NodeProto* reader) {
    if (reader->op_type() != "Cast" || IntOf(*reader, "to", 0) != TensorProto::FLOAT) return false;
    casts.insert(reader->output(0));
    return outputs_.count(reader->output(0)) == 0;
  });
}

/// Returns whether sums of products are multiplied by a factor, and factors by such sums alone.
///   scale  the first factor, which a product may take itself
bool DynamicReaders::AreScaled(const std::set<std::string>& casts,
                               const std::set<std::string>& factors,
                               const std::string& scale) const {
  const auto all_read = [this](const std::set<std::string>& names, const auto& test) {
    return std::ranges::all_of(names, [&](const std::string& name) {
      return std::ranges::all_of(Of(name),
                                 [&](const NodeProto* reader) { return test(name, *reader); });
    });
  };
  return all_read(casts,
                  [&](const std::string& name, const NodeProto& reader) {
                    return factors.count(Factor(reader, name)) != 0;
                  }) &&
         all_read(factors, [&](const std::string& name, const NodeProto& reader) {
           return casts.count(Factor(reader, name)) != 0 ||
                  (reader.op_type() == "MatMulIntegerToFloat" && name == scale) ||
                  (reader.op_type() == "Mul" && factors.count(reader.output(0)) != 0);
         });
}

bool DynamicReaders::OnlyMultiplied(const NodeProto& dynamic, const QuantizedNodes& nodes) const {
  const std::string& scale = dynamic.output(1);
  std::set<std::string> casts, factors = {scale};
  for (const int seen : {0, 2}) {
    for (const NodeProto* reader : Of(dynamic.output(seen))) {
      if (!IsProduct(*reader, dynamic)) return false;
      const bool to_float = reader->op_type() == "MatMulIntegerToFloat";
      if (!to_float && !CastsToFloat(reader->output(0), casts)) return false;
    }
  }
  for (const NodeProto* reader : Of(scale)) {
    const bool constant = nodes.FindConstant(Factor(*reader, scale)) != nullptr;
    if (constant) factors.insert(reader->output(0));
    if (reader->op_type() == "MatMulIntegerToFloat" && !IsProduct(*reader, dynamic)) return false;
  }
  const auto is_output = [this](const std::string& name) { return outputs_.count(name) != 0; };
  return std::ranges::none_of(dynamic.output(), is_output) &&
         std::ranges::none_of(factors, is_output) && AreScaled(casts, factors, scale);
}

void WriteOutDynamic(const NodeProto& node, QuantizedNodes& nodes) {
  Arithmetic emit(node, nodes);
  const std::string &x = node.input(0), &scale = node.output(1);
  const std::string zero = emit.Number(0, "/zero"), most = emit.Number(255, "/most");
  const std::string low = emit("Min", {emit.Extreme("ReduceMin", "/least"), zero}, "/low");
  const std::string high = emit("Max", {emit.Extreme("ReduceMax", "/largest"), zero}, "/high");
  const std::string positive = emit.Number(kLeastRange, "/least_range");
  const std::string range = emit("Max", {emit("Sub", {high, low}, "/span"), positive}, "/range");
  nodes.Emit("Div", {range, most}, scale, node);
  const auto saturate = [&](const std::string& number, const std::string& result) {
    const std::string within =
        emit("Min", {emit("Max", {number, zero}, "/at_least"), most}, "/at_most");
    SetInt(nodes.Emit("Cast", {within}, result, node), "to", TensorProto::UINT8);
    return within;
  };
  const std::string below = emit("Div", {emit("Sub", {zero, low}, "/minus_low"), scale}, "/below");
  const std::string offset = saturate(emit("Round", {below}, "/offset"), node.output(2));
  const std::string steps = emit("Round", {emit("Div", {x, scale}, "/ratio")}, "/steps");
  saturate(emit("Add", {steps, offset}, "/shifted"), node.output(0));
}

}  // namespace qconvert
