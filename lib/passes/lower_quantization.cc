// Writes the model's own quantization as the arithmetic it stands for: QUANTIZE rounds halves away
// from zero where ONNX rounds them to even, and takes neither every type nor every zero point.
//
//     x -> QuantizeLinear            x -> Div scale -> Maximum -> Minimum -> Round -> Add zero ->
//     Cast
//                                 =>
//     q -> DequantizeLinear          q -> Cast -> Sub zero -> Mul scale
//
//     x -> QuantizeLinear -> DequantizeLinear
//                                 =>  x -> Div scale -> Maximum -> Minimum -> Round -> Mul scale
#include <algorithm>
#include <map>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scalar_arithmetic.h"

namespace qconvert {
namespace {

/// What a QuantizeLinear has rounded, before its zero point is added.
struct Steps {
  TensorId id;
  QuantParams quant;
};

class Lowering {
 public:
  explicit Lowering(Graph& graph) : graph_(graph) {}

  void Run() {
    ForEachNode(graph_, [&](Node& node) {
      if (node.Is<QuantizeLinear>()) LowerQuantize(node);
      if (node.Is<DequantizeLinear>()) LowerDequantize(node);
    });
  }

 private:
  /// Adds one number for each channel, or one for all, that broadcasts against the node's operand.
  TensorId Numbers(const Node& node, const QuantParams& quant, std::vector<float> values,
                   const char* meaning) {
    Shape shape;
    if (quant.per_channel()) {
      shape.assign(graph_.tensor(node.input(0)).rank(), 1);
      shape[static_cast<size_t>(quant.axis)] = static_cast<int64_t>(values.size());
    }
    return AddFloats(graph_, node.name + meaning, std::move(shape), std::move(values));
  }

  TensorId Emit(const Node& node, Operator op, std::vector<TensorId> inputs, const char* meaning) {
    return EmitBefore(graph_, node, std::move(op), std::move(inputs), node.name + meaning);
  }

  /// Returns limit - zero point, of each channel.
  static std::vector<float> FromZero(int32_t limit, const QuantParams& quant) {
    std::vector<float> steps;
    for (int32_t zero_point : quant.zero_points) {
      steps.push_back(static_cast<float>(limit - zero_point));
    }
    return steps;
  }

  static std::vector<float> ZeroPoints(const QuantParams& quant) {
    return {quant.zero_points.begin(), quant.zero_points.end()};
  }

  static bool IsSymmetric(const QuantParams& quant) {
    return std::all_of(quant.zero_points.begin(), quant.zero_points.end(),
                       [](int32_t zero_point) { return zero_point == 0; });
  }

  void LowerQuantize(Node& node) {
    const QuantizeLinear op = *node.As<QuantizeLinear>();
    const auto number = [&](std::vector<float> values, const char* meaning) {
      return Numbers(node, op.quant, std::move(values), meaning);
    };
    const TensorId scale = number(op.quant.scales, "/scale");
    const TensorId lowest = number(FromZero(op.lowest, op.quant), "/lowest");
    const TensorId highest = number(FromZero(op.highest, op.quant), "/highest");
    TensorId x = Emit(node, Div{}, {node.input(0), scale}, "/ratio");
    x = Emit(node, Maximum{}, {x, lowest}, "/at_least");
    x = Emit(node, Minimum{}, {x, highest}, "/at_most");
    x = Emit(node, Round{}, {x}, "/steps");
    rounded_[node.output()] = {x, op.quant};
    if (!IsSymmetric(op.quant)) {
      x = Emit(node, Add{}, {x, number(ZeroPoints(op.quant), "/zero_point")}, "/shifted");
    }
    Rewrite(graph_, node, Cast{op.to}, {x});
  }

  void LowerDequantize(Node& node) {
    const QuantParams quant = node.As<DequantizeLinear>()->quant;
    const auto found = rounded_.find(node.input(0));
    const bool pair = found != rounded_.end() && found->second.quant == quant;
    TensorId x = pair ? found->second.id
                      : Emit(node, Cast{ElementType::kFloat32}, {node.input(0)}, "/number");
    if (!pair && !IsSymmetric(quant)) {
      x = Emit(node, Sub{}, {x, Numbers(node, quant, ZeroPoints(quant), "/zero_point")}, "/steps");
    }
    Rewrite(graph_, node, Mul{}, {x, Numbers(node, quant, quant.scales, "/scale")});
  }

  Graph& graph_;
  std::map<TensorId, Steps> rounded_;  // by the result of a QuantizeLinear
};

}  // namespace

void LowerQuantization(Graph& graph) { Lowering(graph).Run(); }

}  // namespace qconvert
