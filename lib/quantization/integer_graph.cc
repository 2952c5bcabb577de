#include <algorithm>
#include <map>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/calibration/moments.h"
#include "lib/ops/op.h"
#include "lib/quantization/integer_rules.h"
#include "lib/quantization/quantize_constant.h"
#include "lib/quantization/quantize_graph.h"
#include "lib/quantization/quantize_weights.h"
#include "lib/quantization/weight_scheme.h"

namespace qconvert {
namespace {

/// Builds the quantized graph node by node. Every tensor of the float graph may exist twice in the
/// result, as float and as int8; conversions are inserted when somebody asks for the missing one.
class IntegerGraphBuilder {
 public:
  IntegerGraphBuilder(const Graph& graph, const Ranges& ranges, const Evidence& evidence,
                      const IntegerPlan& plan, const QuantizeOptions& options,
                      QuantizationReport& report)
      : graph_(graph),
        ranges_(ranges),
        evidence_(evidence),
        plan_(plan),
        options_(options),
        report_(report) {}

  Graph Build() {
    result_.name = graph_.name;
    result_.metadata = graph_.metadata;
    result_.input_names = graph_.input_names;
    result_.output_names = graph_.output_names;
    for (TensorId id : graph_.inputs) result_.inputs.push_back(AddInput(id));
    for (const Node& node : graph_.nodes()) AddNode(node);
    for (TensorId id : graph_.outputs) result_.outputs.push_back(AddOutput(id));
    return std::move(result_);
  }

 private:
  const Tensor& tensor(TensorId id) const { return graph_.tensor(id); }

  QuantParams ParamsOf(TensorId id) const {
    const auto& params = plan_.params[static_cast<size_t>(id)];
    if (params) return *params;
    const auto& range = ranges_.at(static_cast<size_t>(id));
    Check(range.has_value(), "no range for " + tensor(id).name);
    return Int8Params(*range);
  }

  TensorId AddQuantized(std::string name, Shape shape, ElementType type, QuantParams params) {
    return result_.AddTensor({std::move(name), type, std::move(shape), std::move(params)});
  }

  TensorId Convert(TensorId from, Operator op, Tensor to) {
    const std::string name = to.name;
    const TensorId id = result_.AddTensor(std::move(to));
    result_.Append(Node(name, std::move(op), {from}, {id}));
    return id;
  }

  TensorId AddInput(TensorId id) {
    const Tensor& input = tensor(id);
    if (!input.is_float() || options_.io == IoType::kFloat32) {
      return floats_[id] = result_.AddTensor(input);
    }
    const QuantParams params = ParamsOf(id);
    if (options_.io == IoType::kInt8) {
      const TensorId added = AddQuantized(input.name, input.shape, ElementType::kInt8, params);
      return integers_[{id, Key(params)}] = added;
    }
    const QuantParams shifted = PerLayer(params.scale(), params.zero_point() + 128);
    const TensorId added = AddQuantized(input.name, input.shape, ElementType::kUInt8, shifted);
    integers_[{id, Key(params)}] =
        Convert(added, Quantize{}, {input.name + "/int8", ElementType::kInt8, input.shape, params});
    return added;
  }

  TensorId AddOutput(TensorId id) {
    const Tensor& output = tensor(id);
    if (!output.is_float() || options_.io == IoType::kFloat32) return Float(id);
    const QuantParams params = ParamsOf(id);
    const TensorId integer = Integer(id, params);
    if (options_.io == IoType::kInt8) return integer;
    const QuantParams shifted = PerLayer(params.scale(), params.zero_point() + 128);
    return Convert(integer, Quantize{},
                   {output.name + "/uint8", ElementType::kUInt8, output.shape, shifted});
  }

  using ParamsKey = std::pair<float, int32_t>;
  static ParamsKey Key(const QuantParams& params) { return {params.scale(), params.zero_point()}; }

  /// Returns the tensor as it is in the float graph.
  TensorId Float(TensorId id) {
    if (id == kNoTensor) return id;
    const auto found = floats_.find(id);
    if (found != floats_.end()) return found->second;
    const Tensor& original = tensor(id);
    if (original.is_constant()) return floats_[id] = result_.AddTensor(original);
    const TensorId integer = Integer(id, ParamsOf(id));
    return floats_[id] = Convert(integer, Dequantize{},
                                 {original.name + "/float", original.type, original.shape});
  }

  /// Returns the tensor as int8 with the given parameters.
  TensorId Integer(TensorId id, const QuantParams& params) {
    const std::pair<TensorId, ParamsKey> key{id, Key(params)};
    const auto found = integers_.find(key);
    if (found != integers_.end()) return found->second;
    const Tensor& original = tensor(id);
    if (original.is_constant()) {
      return integers_[key] = result_.AddTensor(QuantizeConstant(original, params));
    }
    const auto& own = plan_.params[static_cast<size_t>(id)];
    const bool requantize =
        own && Key(*own) != Key(params) && integers_.count({id, Key(*own)}) != 0;
    const TensorId from = requantize ? integers_[{id, Key(*own)}] : Float(id);
    const std::string name = original.name + (requantize ? "/requantized" : "/int8");
    return integers_[key] =
               Convert(from, Quantize{}, {name, ElementType::kInt8, original.shape, params});
  }

  void AddNode(const Node& node) {
    if (plan_.IsInteger(node)) {
      AddIntegerNode(node);
    } else {
      AddFloatNode(node);
    }
  }

  void AddFloatNode(const Node& node) {
    const auto found = plan_.stays_float.find(&node);
    if (found != plan_.stays_float.end()) {
      report_.float_nodes.push_back({node.name, std::string(node.kind()), *found->second});
    }
    std::vector<TensorId> inputs, outputs;
    for (TensorId id : node.inputs()) inputs.push_back(Float(id));
    for (TensorId id : node.outputs()) {
      outputs.push_back(floats_[id] = result_.AddTensor(tensor(id)));
    }
    result_.Append(Node(node.name, node.op, std::move(inputs), std::move(outputs)));
  }

  void AddIntegerNode(const Node& node) {
    ++report_.integer_nodes;
    std::vector<TensorId> inputs = IntegerOperands(node);
    std::vector<TensorId> outputs;
    for (TensorId id : node.outputs()) {
      if (!tensor(id).is_float()) {
        outputs.push_back(floats_[id] = result_.AddTensor(tensor(id)));
        continue;
      }
      const QuantParams params = ParamsOf(id);
      outputs.push_back(integers_[{id, Key(params)}] = AddQuantized(
                            tensor(id).name, tensor(id).shape, ElementType::kInt8, params));
    }
    result_.Append(Node(node.name, node.op, std::move(inputs), std::move(outputs)));
  }

  std::vector<TensorId> IntegerOperands(const Node& node) {
    const QuantRule& rule = OpOf(node).quant;
    std::vector<TensorId> operands;
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const TensorId id = node.input(i);
      const OperandRule& operand = rule.Operand(i);
      if (id == kNoTensor || !tensor(id).is_float()) {
        operands.push_back(Float(id));
      } else if (operand.kind == OperandRule::kWeight) {
        AddWeights(node, i, operands);
        break;  // the bias is the last operand
      } else {
        operands.push_back(Integer(id, OperandParams(node, operand, id)));
      }
    }
    return operands;
  }

  QuantParams OperandParams(const Node& node, const OperandRule& rule, TensorId id) const {
    if (rule.kind != OperandRule::kSameAs) return ParamsOf(id);
    const bool result = rule.index == OperandRule::kResult;
    return ParamsOf(result ? node.output() : node.inputs().at(static_cast<size_t>(rule.index)));
  }

  /// Appends weights and bias, operands i and i+1.
  void AddWeights(const Node& node, size_t i, std::vector<TensorId>& operands) {
    const float input_scale = ParamsOf(node.input(0)).scale();
    const WeightScheme scheme = ChooseScheme(node, i, tensor(node.input(i)), options_, report_);
    const Tensor* bias = node.has_input(i + 1) ? &tensor(node.input(i + 1)) : nullptr;
    const auto moments = MomentsOf(evidence_, tensor(node.input(0)));
    QuantizedWeights quantized = QuantizeWeights(
        tensor(node.input(i)), bias, IntegerBias{input_scale}, scheme,
        {.threads = options_.threads}, {.moments = moments ? &*moments : nullptr});
    operands.push_back(result_.AddTensor(std::move(quantized.weights)));
    if (quantized.bias) operands.push_back(result_.AddTensor(std::move(*quantized.bias)));
  }

  const Graph& graph_;
  const Ranges& ranges_;
  const Evidence& evidence_;
  const IntegerPlan& plan_;
  const QuantizeOptions& options_;
  QuantizationReport& report_;
  Graph result_;
  std::map<TensorId, TensorId> floats_;  // and tensors that are not float
  std::map<std::pair<TensorId, ParamsKey>, TensorId> integers_;
};

void RefuseFloatNodes(const QuantizationReport& report) {
  if (report.float_nodes.empty()) return;
  std::string list;
  for (const FloatNode& node : report.float_nodes) {
    list += fmt::format("\n  node '{}' ({}): {}", node.name, node.kind, node.reason);
  }
  Fail(ErrorKind::kUnsupported, "--strict, but these nodes cannot be integer:" + list);
}

}  // namespace

Graph QuantizeToIntegers(const Graph& graph, const Ranges& ranges, const Evidence& evidence,
                         const QuantizeOptions& options, QuantizationReport& report) {
  const IntegerPlan plan = PlanInteger(graph, ranges, options);
  report.warnings.insert(report.warnings.end(), plan.warnings.begin(), plan.warnings.end());
  Graph result = IntegerGraphBuilder(graph, ranges, evidence, plan, options, report).Build();
  if (options.strict) RefuseFloatNodes(report);
  return result;
}

}  // namespace qconvert
