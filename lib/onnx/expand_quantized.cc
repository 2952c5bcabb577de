#include "lib/onnx/expand_quantized.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <onnx.pb.h>

#include "lib/onnx/copied_nodes.h"
#include "lib/onnx/node_importer.h"

namespace qconvert {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

/// Scale and zero point of integers, by the names of their tensors; no zero point is 0.
struct Grid {
  std::string scale, zero_point;

  friend bool operator==(const Grid&, const Grid&) = default;
};

/// How an operator on integers lists its operands: triples of integers, scale and zero point.
struct Form {
  std::string_view real;     ///< the operator on reals
  std::vector<int> triples;  ///< where each begins
  int result;                ///< where the scale of the result stands
  int bias = -1;             ///< where the int32 bias stands
};

const std::map<std::string_view, Form>& Forms() {
  static const std::map<std::string_view, Form> forms = {
      {"QLinearConv", {"Conv", {0, 3}, 6, 8}},
      {"QLinearMatMul", {"MatMul", {0, 3}, 6}},
      {"QGemm", {"Gemm", {0, 3}, 7, 6}},
      {"QLinearAdd", {"Add", {0, 3}, 6}},
      {"QLinearMul", {"Mul", {0, 3}, 6}},
      {"QLinearLeakyRelu", {"LeakyRelu", {0}, 3}},
      {"QLinearSigmoid", {"Sigmoid", {0}, 3}},
      {"QLinearSoftmax", {"Softmax", {0}, 3}},
      {"QLinearAveragePool", {"AveragePool", {0}, 3}},
      {"QLinearGlobalAveragePool", {"GlobalAveragePool", {0}, 3}},
      {"QLinearReduceMean", {"ReduceMean", {0}, 3}},
  };
  return forms;
}

/// Returns whether an operator only moves or selects elements of operand 0.
bool Moves(const NodeProto& node) {
  static const std::set<std::string_view> kinds = {
      "MaxPool", "GlobalMaxPool", "Reshape",      "Flatten",      "Squeeze", "Unsqueeze",
      "Slice",   "Transpose",     "Split",        "Gather",       "Expand",  "Tile",
      "Concat",  "Identity",      "DepthToSpace", "SpaceToDepth", "Clip"};
  return kinds.count(node.op_type()) != 0;
}

int64_t IntOf(const NodeProto& node, std::string_view name, int64_t otherwise) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return attribute.i();
  }
  return otherwise;
}

std::string Operand(const NodeProto& node, int i) {
  return i < node.input_size() ? node.input(i) : "";
}

class Expansion {
 public:
  explicit Expansion(onnx::GraphProto& graph) : graph_(graph), taken_(AllNames(graph)) {
    for (const TensorProto& initializer : graph.initializer()) {
      constants_[initializer.name()] = {initializer.data_type(), Elements(initializer)};
    }
    for (const NodeProto& node : graph.node()) {
      for (const std::string& input : node.input()) readers_[input].push_back(&node);
      NoteConstant(node);
    }
    for (const auto& output : graph.output()) outputs_.insert(output.name());
  }

  int Run() {
    for (const NodeProto& node : graph_.node()) {
      if (!Expand(node)) expanded_.push_back(node);
    }
    graph_.clear_node();
    for (NodeProto& node : expanded_) *graph_.add_node() = std::move(node);
    return left_out_;
  }

 private:
  struct ConstantKind {
    int type = 0;
    int64_t elements = 0;
  };

  static int64_t Elements(const TensorProto& tensor) {
    int64_t elements = 1;
    for (int64_t dim : tensor.dims()) elements *= dim;
    return elements;
  }

  void NoteConstant(const NodeProto& node) {
    if (node.op_type() != "Constant" || node.output_size() != 1) return;
    for (const auto& attribute : node.attribute()) {
      if (attribute.name() != "value") continue;
      constants_[node.output(0)] = {attribute.t().data_type(), Elements(attribute.t())};
    }
  }

  /// Returns whether the node is expanded.
  bool Expand(const NodeProto& node) {
    const std::string& type = node.op_type();
    if (node.output_size() == 0 || node.output(0).empty()) return false;
    if (type == "QuantizeLinear") return Note(node);
    if (type == "Cast") return NoteCast(node);
    if (type == "QLinearConcat") return ExpandConcat(node);
    if (type == "DynamicQuantizeLinear") return ExpandDynamic(node);
    if (type == "MatMulInteger" || type == "ConvInteger") return ExpandInteger(node);
    if (type == "DynamicQuantizeMatMul") return ExpandDynamicProduct(node);
    if (type == "MatMulIntegerToFloat") return ExpandToFloat(node);
    const auto form = Forms().find(type);
    if (form != Forms().end()) return ExpandForm(node, form->second);
    return Moves(node) && ExpandMove(node);
  }

  bool Note(const NodeProto& node) {
    const auto scale = constants_.find(Operand(node, 1));
    const bool layer = scale != constants_.end() && scale->second.elements == 1;
    if (layer) grids_[node.output(0)] = {Operand(node, 1), Operand(node, 2)};
    return false;
  }

  /// A Cast of integers to their own type.
  bool NoteCast(const NodeProto& node) {
    const auto grid = grids_.find(Operand(node, 0));
    if (grid == grids_.end()) return false;
    const auto zero_point = constants_.find(grid->second.zero_point);
    const int type =
        zero_point == constants_.end() ? int{TensorProto::UINT8} : zero_point->second.type;
    if (IntOf(node, "to", 0) == type) grids_[node.output(0)] = grid->second;
    return false;
  }

  bool ExpandForm(const NodeProto& node, const Form& form) {
    if (IntOf(node, "channels_last", 0) != 0) return false;
    for (const int at : form.triples) {
      if (!HasAll(node, {at, at + 1})) return false;
    }
    std::vector<std::string> operands;
    for (size_t k = 0; k < form.triples.size(); ++k) {
      const int at = form.triples[k];
      operands.push_back(Real(node, Operand(node, at),
                              {Operand(node, at + 1), Operand(node, at + 2)}, AxisOf(node, k)));
    }
    if (form.bias >= 0 && !Operand(node, form.bias).empty()) {
      operands.push_back(RealBias(node, form.bias));
    }
    if (Operand(node, form.result).empty()) {  // a QGemm may give reals
      EmitReal(node, form.real, operands, {node.output(0)});
      return true;
    }
    const std::string real = NewName(node.output(0) + "/real");
    EmitReal(node, form.real, operands, {real});
    Quantize(node, real, {Operand(node, form.result), Operand(node, form.result + 1)},
             node.output(0));
    return true;
  }

  static bool HasAll(const NodeProto& node, std::initializer_list<int> operands) {
    return std::ranges::all_of(operands, [&](int i) { return !Operand(node, i).empty(); });
  }

  /// Returns the axis that scales of operand k belong to, where there are several.
  static int64_t AxisOf(const NodeProto& node, size_t k) {
    if (k == 0) return 0;
    if (node.op_type() == "QLinearConv") return 0;
    if (node.op_type() == "QGemm") return IntOf(node, "transB", 0) != 0 ? 0 : 1;
    return -1;
  }

  /// A bias is in units of both operands' scales.
  std::string RealBias(const NodeProto& node, int bias) {
    const std::string scale = NewName(node.output(0) + "/bias_scale");
    Emit("Mul", {Operand(node, 1), Operand(node, 4)}, scale, node);
    return Real(node, Operand(node, bias), {scale, ""}, 0);
  }

  bool ExpandConcat(const NodeProto& node) {
    if (node.input_size() < 5 || node.input_size() % 3 != 2) return false;
    std::vector<std::string> operands;
    for (int i = 2; i + 2 < node.input_size(); i += 3) {
      operands.push_back(
          Real(node, Operand(node, i), {Operand(node, i + 1), Operand(node, i + 2)}, 0));
    }
    const std::string real = NewName(node.output(0) + "/real");
    EmitReal(node, "Concat", operands, {real});
    Quantize(node, real, {Operand(node, 0), Operand(node, 1)}, node.output(0));
    return true;
  }

  /// x -> y, where both are integers of the same parameters, becomes real x -> real y.
  bool ExpandMove(const NodeProto& node) {
    const auto found = grids_.find(Operand(node, 0));
    if (found == grids_.end()) return false;
    const Grid grid = found->second;
    std::vector<std::string> operands(node.input().begin(), node.input().end());
    for (size_t i = 0; i < operands.size(); ++i) {
      const bool integers = i == 0 || node.op_type() == "Concat" || node.op_type() == "Clip";
      if (!integers || operands[i].empty()) continue;
      const auto own = grids_.find(operands[i]);
      if (node.op_type() != "Clip" && (own == grids_.end() || own->second != grid)) return false;
      operands[i] = Real(node, operands[i], grid, 0);
    }
    std::vector<std::string> results;
    for (int i = 0; i < node.output_size(); ++i) {
      const bool moved = !node.output(i).empty() && (i == 0 || node.op_type() == "Split");
      results.push_back(moved ? NewName(node.output(i) + "/real") : node.output(i));
    }
    EmitReal(node, node.op_type(), operands, results);
    for (int i = 0; i < node.output_size(); ++i) {
      const std::string& real = results[static_cast<size_t>(i)];
      if (real != node.output(i)) Quantize(node, real, grid, node.output(i));
    }
    return true;
  }

  /// An integer product gives int32, in which nobody sees the rounding of a float one below 2^24.
  bool ExpandInteger(const NodeProto& node) {
    if (!HasAll(node, {0, 1})) return false;
    const std::string real = node.op_type() == "ConvInteger" ? "Conv" : "MatMul";
    const auto dynamic = dynamic_.find(Operand(node, 0));
    const std::string w = WholeNumbers(node, 1, 3, real == "Conv" ? 0 : -1);
    if (dynamic != dynamic_.end()) {
      EmitReal(node, real, {dynamic->second, w}, {node.output(0)});
      return true;
    }
    const std::string x = WholeNumbers(node, 0, 2, 0);
    const std::string product = NewName(node.output(0) + "/real");
    EmitReal(node, real, {x, w}, {product});
    SetInt(Emit("Cast", {product}, node.output(0), node), "to", TensorProto::INT32);
    return true;
  }

  bool ExpandToFloat(const NodeProto& node) {
    if (!HasAll(node, {0, 1, 2, 3})) return false;
    const auto dynamic = dynamic_.find(Operand(node, 0));
    const std::string x = dynamic != dynamic_.end() ? dynamic->second
                                                    : Real(node, Operand(node, 0),
                                                           {Operand(node, 2), Operand(node, 4)}, 0);
    return ExpandProduct(node, x, 1, 3, 5, 6);
  }

  bool ExpandDynamicProduct(const NodeProto& node) {
    const bool expanded = ExpandProduct(node, Operand(node, 0), 1, 2, 3, 4);
    left_out_ += expanded ? 1 : 0;
    return expanded;
  }

  /// x times the reals of operand w, plus a bias.
  bool ExpandProduct(const NodeProto& node, const std::string& x, int w, int scale, int zero_point,
                     int bias) {
    if (x.empty() || !HasAll(node, {w, scale})) return false;
    const std::string reals =
        Real(node, Operand(node, w), {Operand(node, scale), Operand(node, zero_point)}, -1);
    if (Operand(node, bias).empty()) {
      EmitReal(node, "MatMul", {x, reals}, {node.output(0)});
      return true;
    }
    const std::string product = NewName(node.output(0) + "/product");
    EmitReal(node, "MatMul", {x, reals}, {product});
    Emit("Add", {product, Operand(node, bias)}, node.output(0), node);
    return true;
  }

  /// Integers that are rounded only for a product need not be rounded.
  bool ExpandDynamic(const NodeProto& node) {
    if (node.output_size() != 3 || !HasAll(node, {0})) return false;
    if (OnlyMultiplied(node)) {
      dynamic_[node.output(0)] = Operand(node, 0);
      AddNumbers(node.output(1), {1});
      ++left_out_;
      return true;
    }
    const std::string name = node.output(0);
    const auto emit = [&](const char* type, std::vector<std::string> operands,
                          const char* meaning) {
      const std::string result = NewName(name + meaning);
      Emit(type, std::move(operands), result, node);
      return result;
    };
    const std::string zero = AddNumbers(NewName(name + "/zero"), {0}),
                      most = AddNumbers(NewName(name + "/most"), {255});
    const std::string least = NewName(name + "/least"), largest = NewName(name + "/largest");
    SetInt(Emit("ReduceMin", {Operand(node, 0)}, least, node), "keepdims", 0);
    SetInt(Emit("ReduceMax", {Operand(node, 0)}, largest, node), "keepdims", 0);
    const std::string low = emit("Min", {least, zero}, "/low"),
                      high = emit("Max", {largest, zero}, "/high");
    const std::string range = emit("Sub", {high, low}, "/range");
    Emit("Div", {range, most}, node.output(1), node);
    const auto saturate = [&](const std::string& x, const std::string& result) {
      const std::string within =
          emit("Min", {emit("Max", {x, zero}, "/at_least"), most}, "/at_most");
      SetInt(Emit("Cast", {within}, result, node), "to", TensorProto::UINT8);
      return within;
    };
    const std::string below =
        emit("Div", {emit("Sub", {zero, low}, "/minus_low"), node.output(1)}, "/below");
    const std::string offset = saturate(emit("Round", {below}, "/offset"), node.output(2));
    const std::string steps =
        emit("Round", {emit("Div", {Operand(node, 0), node.output(1)}, "/ratio")}, "/steps");
    saturate(emit("Add", {steps, offset}, "/shifted"), node.output(0));
    return true;
  }

  /// Returns whether nobody sees integers that a node has rounded, nor sums of products with them.
  bool OnlyMultiplied(const NodeProto& node) const {
    const std::string &y = node.output(0), &zero_point = node.output(2);
    for (const std::string& output : node.output()) {
      if (outputs_.count(output) != 0) return false;
    }
    const auto multiplies = [&](const NodeProto* reader) {
      const bool to_float = reader->op_type() == "MatMulIntegerToFloat";
      if (!to_float && reader->op_type() != "MatMulInteger" && reader->op_type() != "ConvInteger") {
        return false;
      }
      return Operand(*reader, 0) == y && Operand(*reader, to_float ? 4 : 2) == zero_point &&
             Operand(*reader, 1) != y && (to_float || OnlyCastToFloat(reader->output(0)));
    };
    return std::ranges::all_of(ReadersOf(y), multiplies) &&
           std::ranges::all_of(ReadersOf(zero_point), multiplies);
  }

  bool OnlyCastToFloat(const std::string& sums) const {
    return outputs_.count(sums) == 0 &&
           std::ranges::all_of(ReadersOf(sums), [](const NodeProto* reader) {
             return reader->op_type() == "Cast" && IntOf(*reader, "to", 0) == TensorProto::FLOAT;
           });
  }

  std::vector<const NodeProto*> ReadersOf(const std::string& name) const {
    const auto found = readers_.find(name);
    return found == readers_.end() ? std::vector<const NodeProto*>{} : found->second;
  }

  /// Returns an operand less its zero point, a constant or not, as floats.
  std::string WholeNumbers(const NodeProto& node, int operand, int zero_point, int64_t axis) {
    const std::string x = Operand(node, operand), zero = Operand(node, zero_point);
    const auto constant = constants_.find(zero);
    if (zero.empty() || constant != constants_.end()) {
      const auto count = static_cast<size_t>(zero.empty() ? 1 : constant->second.elements);
      const std::vector<float> ones(count, 1);
      return Real(node, x, {AddNumbers(NewName("one"), ones), zero}, axis);
    }
    const std::string difference = NewName(x + "/difference");
    Emit("Sub", {Float(node, x), Float(node, zero)}, difference, node);
    return difference;
  }

  std::string Float(const NodeProto& node, const std::string& integers) {
    const std::string number = NewName(integers + "/number");
    SetInt(Emit("Cast", {integers}, number, node), "to", TensorProto::FLOAT);
    return number;
  }

  /// Returns the reals of integers.
  std::string Real(const NodeProto& node, const std::string& integers, const Grid& grid,
                   int64_t axis) {
    const std::string real = NewName(integers + "/dequantized");
    std::vector<std::string> operands = {integers, grid.scale};
    if (!grid.zero_point.empty()) operands.push_back(grid.zero_point);
    SetInt(Emit("DequantizeLinear", std::move(operands), real, node), "axis", axis);
    return real;
  }

  void Quantize(const NodeProto& node, const std::string& real, const Grid& grid,
                const std::string& integers) {
    std::vector<std::string> operands = {real, grid.scale};
    if (!grid.zero_point.empty()) operands.push_back(grid.zero_point);
    Emit("QuantizeLinear", std::move(operands), integers, node);
    const auto scale = constants_.find(grid.scale);
    if (scale != constants_.end() && scale->second.elements == 1) grids_[integers] = grid;
  }

  /// Emits the float operator of a node, which has its name and attributes.
  void EmitReal(const NodeProto& node, std::string_view type,
                const std::vector<std::string>& operands, const std::vector<std::string>& results) {
    NodeProto real = node;
    real.set_name(NodeName(node));
    real.set_op_type(std::string(type));
    real.clear_domain();
    real.clear_input();
    real.clear_output();
    for (const std::string& operand : operands) real.add_input(operand);
    for (const std::string& result : results) real.add_output(result);
    expanded_.push_back(std::move(real));
  }

  NodeProto& Emit(const char* type, std::vector<std::string> operands, const std::string& result,
                  const NodeProto& place) {
    NodeProto& node = expanded_.emplace_back();
    node.set_name(NodeName(place) + "/" + type);
    node.set_op_type(type);
    for (const std::string& operand : operands) node.add_input(operand);
    node.add_output(result);
    return node;
  }

  static void SetInt(NodeProto& node, const char* name, int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }

  /// Adds floats: a scalar, or several along one axis.
  std::string AddNumbers(const std::string& name, const std::vector<float>& values) {
    TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(TensorProto::FLOAT);
    if (values.size() > 1) tensor.add_dims(static_cast<int64_t>(values.size()));
    for (float value : values) tensor.add_float_data(value);
    constants_[name] = {TensorProto::FLOAT, static_cast<int64_t>(values.size())};
    return name;
  }

  std::string NewName(const std::string& wanted) {
    std::string name = wanted;
    for (int number = 1; !taken_.insert(name).second; ++number) {
      name = wanted + "_" + std::to_string(number);
    }
    return name;
  }

  onnx::GraphProto& graph_;
  std::set<std::string> taken_, outputs_;
  std::map<std::string, ConstantKind> constants_;
  std::map<std::string, std::vector<const NodeProto*>> readers_;
  std::map<std::string, Grid> grids_;           // by the name of integers
  std::map<std::string, std::string> dynamic_;  // reals by the name of integers
  std::vector<NodeProto> expanded_;
  int left_out_ = 0;  // roundings at run time
};

}  // namespace

int ExpandQuantized(onnx::GraphProto& graph) { return Expansion(graph).Run(); }

}  // namespace qconvert
