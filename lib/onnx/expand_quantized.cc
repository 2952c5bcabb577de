#include "lib/onnx/expand_quantized.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <onnx.pb.h>

#include "lib/onnx/dynamic_quantization.h"
#include "lib/onnx/quantized_form.h"
#include "lib/onnx/quantized_nodes.h"

namespace qconvert {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

bool HasAll(const NodeProto& node, std::initializer_list<int> operands) {
  return std::ranges::all_of(operands, [&](int i) { return !OperandOf(node, i).empty(); });
}

NamedGrid GridAt(const NodeProto& node, int scale) {
  return {OperandOf(node, scale), OperandOf(node, scale + 1)};
}

/// Returns the axis that scales of the k-th triple belong to, where there are several.
int64_t AxisOf(const NodeProto& node, size_t k) {
  if (node.op_type() == "QLinearMatMul") return k == 0 ? -2 : -1;
  if (node.op_type() == "QGemm") return k == 1 && IntOf(node, "transB", 0) == 0 ? 1 : 0;
  return 0;
}

class Expansion {
 public:
  explicit Expansion(onnx::GraphProto& graph) : graph_(graph), readers_(graph), nodes_(graph) {}

  int Run() {
    for (const NodeProto& node : graph_.node()) {
      if (!Expand(node)) nodes_.Keep(node);
    }
    nodes_.Finish();
    return left_out_;
  }

 private:
  /// Returns whether other nodes were written in the place of this one.
  bool Expand(const NodeProto& node) {
    const std::string& type = node.op_type();
    if (node.output_size() == 0 || node.output(0).empty()) return false;
    if (type == "QuantizeLinear") return NoteQuantize(node);
    if (type == "Cast") return NoteCast(node);
    if (type == "QLinearConcat") return ExpandConcat(node);
    if (type == "DynamicQuantizeLinear") return ExpandDynamic(node);
    if (type == "MatMulInteger" || type == "ConvInteger") return ExpandInteger(node);
    if (type == "DynamicQuantizeMatMul") return ExpandDynamicProduct(node);
    if (type == "MatMulIntegerToFloat") return ExpandToFloat(node);
    if (const QuantizedForm* form = FindQuantizedForm(type)) return ExpandForm(node, *form);
    if (type == "ArgMax" || type == "ArgMin") return ExpandSearch(node);
    return MovesIntegers(type) && ExpandMove(node);
  }

  bool NoteQuantize(const NodeProto& node) {
    nodes_.NoteGrid(node.output(0), GridAt(node, 1));
    return false;
  }

  /// A Cast of integers to their own type.
  bool NoteCast(const NodeProto& node) {
    const NamedGrid* grid = nodes_.FindGrid(OperandOf(node, 0));
    const bool same = grid != nullptr && IntOf(node, "to", 0) == TypeOf(*grid);
    if (same) nodes_.NoteGrid(node.output(0), *grid);
    return false;
  }

  /// Returns the type of integers, that of their zero point.
  int TypeOf(const NamedGrid& grid) const {
    const NotedConstant* zero_point = nodes_.FindConstant(grid.zero_point);
    return zero_point == nullptr ? int{TensorProto::UINT8} : zero_point->type;
  }

  bool ExpandForm(const NodeProto& node, const QuantizedForm& form) {
    if (IntOf(node, "channels_last", 0) != 0) return false;
    for (const int at : form.triples) {
      if (!HasAll(node, {at, at + 1})) return false;
    }
    std::vector<std::string> operands;
    for (int i = 0; i < form.triples[0]; ++i) operands.push_back(OperandOf(node, i));
    for (size_t k = 0; k < form.triples.size(); ++k) {
      const int at = form.triples[k];
      operands.push_back(
          nodes_.Real(node, OperandOf(node, at), GridAt(node, at + 1), AxisOf(node, k)));
    }
    if (form.bias >= 0 && HasAll(node, {form.bias})) operands.push_back(RealBias(node, form.bias));
    if (!HasAll(node, {form.result})) {  // a QGemm may give reals
      nodes_.EmitReal(node, form.real, operands, {node.output(0)});
    } else {
      EmitQuantized(node, form.real, operands, GridAt(node, form.result));
    }
    return true;
  }

  /// Writes an operator on reals and the integers of its result.
  void EmitQuantized(const NodeProto& node, std::string_view type,
                     const std::vector<std::string>& operands, const NamedGrid& grid) {
    const std::string real = nodes_.NewName(node.output(0) + "/real");
    nodes_.EmitReal(node, type, operands, {real});
    nodes_.Quantize(node, real, grid, node.output(0));
  }

  /// A bias is in units of both operands' scales.
  std::string RealBias(const NodeProto& node, int bias) {
    const std::string scale = nodes_.NewName(node.output(0) + "/bias_scale");
    nodes_.Emit("Mul", {OperandOf(node, 1), OperandOf(node, 4)}, scale, node);
    return nodes_.Real(node, OperandOf(node, bias), {scale, ""}, 0);
  }

  bool ExpandConcat(const NodeProto& node) {
    if (node.input_size() < 5 || node.input_size() % 3 != 2) return false;
    std::vector<std::string> operands;
    for (int i = 2; i + 2 < node.input_size(); i += 3) {
      operands.push_back(nodes_.Real(node, OperandOf(node, i), GridAt(node, i + 1), 0));
    }
    EmitQuantized(node, "Concat", operands, GridAt(node, 0));
    return true;
  }

  /// Where the largest integer stands, the largest real does.
  bool ExpandSearch(const NodeProto& node) {
    const NamedGrid* grid = nodes_.FindGrid(OperandOf(node, 0));
    if (grid == nullptr) return false;
    const std::string real = nodes_.Real(node, OperandOf(node, 0), *grid, 0);
    nodes_.EmitReal(node, node.op_type(), {real}, {node.output(0)});
    return true;
  }

  /// x -> y, where both are integers of the same parameters, becomes real x -> real y.
  bool ExpandMove(const NodeProto& node) {
    const NamedGrid* found = nodes_.FindGrid(OperandOf(node, 0));
    if (found == nullptr || !ShareGrid(node, *found)) return false;
    const NamedGrid grid = *found;
    std::vector<std::string> operands(node.input().begin(), node.input().end());
    AddPadding(node, grid, operands);
    for (size_t i = 0; i < operands.size(); ++i) {
      if (operands[i].empty() || !IsInteger(node, i)) continue;
      operands[i] = nodes_.Real(node, operands[i], grid, 0);
    }
    std::vector<std::string> results;
    for (int i = 0; i < node.output_size(); ++i) {
      const bool moved = !node.output(i).empty() && (i == 0 || node.op_type() == "Split");
      results.push_back(moved ? nodes_.NewName(node.output(i) + "/real") : node.output(i));
    }
    nodes_.EmitReal(node, node.op_type(), operands, results);
    for (int i = 0; i < node.output_size(); ++i) {
      const std::string& real = results[static_cast<size_t>(i)];
      if (real != node.output(i)) nodes_.Quantize(node, real, grid, node.output(i));
    }
    return true;
  }

  /// Returns whether an operand of what moves integers is of these integers.
  static bool IsInteger(const NodeProto& node, size_t i) {
    const std::string& type = node.op_type();
    return i == 0 || type == "Concat" || type == "Clip" || (type == "Pad" && i == 2);
  }

  bool ShareGrid(const NodeProto& node, const NamedGrid& grid) const {
    return node.op_type() != "Concat" ||
           std::ranges::all_of(node.input(), [&](const std::string& operand) {
             const NamedGrid* own = nodes_.FindGrid(operand);
             return own != nullptr && *own == grid;
           });
  }

  /// What pads integers with 0 does not pad reals with 0.
  void AddPadding(const NodeProto& node, const NamedGrid& grid,
                  std::vector<std::string>& operands) {
    if (node.op_type() != "Pad" || StringOf(node, "mode", "constant") != "constant") return;
    if (HasAll(node, {2}) || operands.size() < 2) return;
    operands.resize(std::max<size_t>(operands.size(), 3));
    operands[2] = nodes_.AddZero(nodes_.NewName(node.output(0) + "/padding"), TypeOf(grid));
  }

  /// An integer product gives int32, in which nobody sees the rounding of a float one below 2^24.
  bool ExpandInteger(const NodeProto& node) {
    const auto dynamic = dynamic_.find(OperandOf(node, 0));
    const bool rounded = dynamic == dynamic_.end();
    if (!HasAll(node, {0, 1}) || !KnowsZero(node, 3) || (rounded && !KnowsZero(node, 2))) {
      return false;
    }
    const bool conv = node.op_type() == "ConvInteger";
    const char* type = conv ? "Conv" : "MatMul";
    const std::string w = WholeNumbers(node, 1, 3, conv ? 0 : -1);
    if (!rounded) {
      nodes_.EmitReal(node, type, {dynamic->second, w}, {node.output(0)});
      return true;
    }
    const std::string product = nodes_.NewName(node.output(0) + "/real");
    nodes_.EmitReal(node, type, {WholeNumbers(node, 0, 2, conv ? 0 : -2), w}, {product});
    SetInt(nodes_.Emit("Cast", {product}, node.output(0), node), "to", TensorProto::INT32);
    return true;
  }

  bool ExpandToFloat(const NodeProto& node) {
    if (!HasAll(node, {0, 1, 2, 3})) return false;
    const auto dynamic = dynamic_.find(OperandOf(node, 0));
    const NamedGrid grid{OperandOf(node, 2), OperandOf(node, 4)};
    const std::string x = dynamic != dynamic_.end()
                              ? dynamic->second
                              : nodes_.Real(node, OperandOf(node, 0), grid, -2);
    WriteProduct(node, x, {OperandOf(node, 3), OperandOf(node, 5)}, OperandOf(node, 6));
    return true;
  }

  bool ExpandDynamicProduct(const NodeProto& node) {
    if (!HasAll(node, {0, 1, 2})) return false;
    WriteProduct(node, OperandOf(node, 0), GridAt(node, 2), OperandOf(node, 4));
    ++left_out_;
    return true;
  }

  /// Writes x times the reals of operand 1, plus a bias where there is one.
  void WriteProduct(const NodeProto& node, const std::string& x, const NamedGrid& grid,
                    const std::string& bias) {
    const std::string w = nodes_.Real(node, OperandOf(node, 1), grid, -1);
    if (bias.empty()) return nodes_.EmitReal(node, "MatMul", {x, w}, {node.output(0)});
    const std::string product = nodes_.NewName(node.output(0) + "/product");
    nodes_.EmitReal(node, "MatMul", {x, w}, {product});
    nodes_.Emit("Add", {product, bias}, node.output(0), node);
  }

  /// Integers that are rounded only for a product need not be rounded.
  bool ExpandDynamic(const NodeProto& node) {
    const auto is_empty = [](const std::string& output) { return output.empty(); };
    if (node.output_size() != 3 || std::ranges::any_of(node.output(), is_empty)) return false;
    if (!HasAll(node, {0})) return false;
    scalars_.insert(node.output(2));
    if (!readers_.OnlyMultiplied(node, nodes_)) {
      WriteOutDynamic(node, nodes_);
      return true;
    }
    dynamic_[node.output(0)] = OperandOf(node, 0);
    nodes_.AddNumbers(node.output(1), {1});
    ++left_out_;
    return true;
  }

  /// Returns whether a zero point is a constant or computed for all elements alike.
  bool KnowsZero(const NodeProto& node, int operand) const {
    const std::string zero = OperandOf(node, operand);
    const NotedConstant* constant = nodes_.FindConstant(zero);
    return zero.empty() || scalars_.count(zero) != 0 ||
           (constant != nullptr && constant->elements > 0 &&
            (constant->elements == 1 || constant->is_inline));
  }

  /// Returns an operand less its zero point, which KnowsZero, as floats.
  std::string WholeNumbers(const NodeProto& node, int operand, int zero_point, int64_t axis) {
    const std::string x = OperandOf(node, operand), zero = OperandOf(node, zero_point);
    const NotedConstant* constant = nodes_.FindConstant(zero);
    if (zero.empty() || constant != nullptr) {
      const auto count = static_cast<size_t>(zero.empty() ? 1 : constant->elements);
      const std::vector<float> ones(count, 1);
      return nodes_.Real(node, x, {nodes_.AddNumbers(nodes_.NewName("one"), ones), zero}, axis);
    }
    const std::string difference = nodes_.NewName(x + "/difference");
    nodes_.Emit("Sub", {Float(node, x), Float(node, zero)}, difference, node);
    return difference;
  }

  std::string Float(const NodeProto& node, const std::string& integers) {
    const std::string number = nodes_.NewName(integers + "/number");
    SetInt(nodes_.Emit("Cast", {integers}, number, node), "to", TensorProto::FLOAT);
    return number;
  }

  onnx::GraphProto& graph_;
  const DynamicReaders readers_;
  QuantizedNodes nodes_;
  std::map<std::string, std::string> dynamic_;  // reals by the name of integers
  std::set<std::string> scalars_;               // zero points that are found at run time
  int left_out_ = 0;                            // roundings at run time
};

}  // namespace

int ExpandQuantized(onnx::GraphProto& graph) { return Expansion(graph).Run(); }

}  // namespace qconvert
