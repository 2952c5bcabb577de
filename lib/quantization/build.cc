#include "lib/quantization/build.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lib/base/error.h"
#include "lib/ops/op.h"
#include "lib/quantization/bias_correction.h"
#include "lib/quantization/growing_graph.h"
#include "lib/quantization/model_quantization.h"
#include "lib/quantization/pack_weights.h"
#include "lib/quantization/quantize_constant.h"
#include "lib/quantization/weight_rules.h"

namespace qconvert {
namespace {

class Builder {
 public:
  Builder(const Graph& graph, const QuantizationPlan& plan, const EvidenceSources& evidence,
          const WeightMethods& methods)
      : graph_(graph), plan_(plan), evidence_(evidence), methods_(methods), result_(graph, plan) {}

  BuiltGraph Build() {
    evidence_.TellEach([&](EvidenceSource& source) { source.Start(result_.graph()); });
    for (const Node& node : graph_.nodes()) {
      AddNode(node, plan_.Find(node));
      result_.Tell(evidence_);
      evidence_.TellEach([&](EvidenceSource& source) { source.Finished(node); });
    }
    Graph graph = result_.Finish();
    return {std::move(graph), result_.originals(), compared_layers_, corrected_layers_, codebooks_};
  }

 private:
  /// Weights that are stored small.
  struct Stored {
    TensorId small = kNoTensor;
    TensorId real = kNoTensor;  ///< behind the Dequantize, where a node reads that
    std::vector<float> bias_change = {};
  };

  const Tensor& tensor(TensorId id) const { return graph_.tensor(id); }

  WeightMethods MethodsOf(const Node& node) const {
    WeightMethods methods = methods_;
    methods.rounding = &methods_.RoundingOf(node.name);
    return methods;
  }

  void AddNode(const Node& node, const NodePlan* plan) {
    if (plan == nullptr || plan->precision == kFloatNode) {
      AddFloat(node);
    } else if (IsModelQuantization(node)) {
      AddRequantization(node);
    } else if (plan->is_integer()) {
      AddInteger(node, *plan);
    } else {
      AddWithStoredWeights(node, WeightOperand(graph_, node).value(), *plan);
    }
  }

  /// Adds a pair of the model's own quantization, when it comes to its second node, as a Quantize.
  void AddRequantization(const Node& node) {
    if (node.Is<QuantizeLinear>()) return;
    const TensorId from = graph_.Producer(node.input(0))->input(0);
    result_.AddRequantized(node.output(), from, result_.FormOf(node.output(), ElementType::kInt8));
  }

  void AddFloat(const Node& node) {
    std::vector<TensorId> inputs;
    for (TensorId id : node.inputs()) inputs.push_back(result_.Float(id));
    AppendFloat(node, std::move(inputs));
  }

  /// Adds a node whose activations are floats and whose weights, operand `weights`, are stored
  /// small.
  void AddWithStoredWeights(const Node& node, size_t weights, const NodePlan& plan) {
    std::vector<TensorId> inputs;
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      inputs.push_back(i == weights ? StoredWeights(node, i, plan, inputs.front())
                                    : result_.Float(node.input(i)));
    }
    ChangeBias(node, weights, plan, inputs);
    AppendFloat(node, std::move(inputs));
  }

  void AppendFloat(const Node& node, std::vector<TensorId> inputs) {
    std::vector<TensorId> outputs;
    for (TensorId id : node.outputs()) outputs.push_back(result_.AddFloat(id));
    result_.Append(node.On(std::move(inputs), std::move(outputs)));
  }

  void AddInteger(const Node& node, const NodePlan& plan) {
    const ElementType type = IntegerType(plan.precision.activations);
    std::vector<TensorId> inputs = IntegerOperands(node, plan, type);
    std::vector<TensorId> outputs;
    for (TensorId id : node.outputs()) {
      const bool real = tensor(id).is_float();
      outputs.push_back(real ? result_.AddInteger(id, result_.FormOf(id, type))
                             : result_.AddFloat(id));
    }
    result_.Append(node.On(std::move(inputs), std::move(outputs)));
  }

  std::vector<TensorId> IntegerOperands(const Node& node, const NodePlan& plan, ElementType type) {
    const QuantRule& rule = OpOf(node).quant;
    std::vector<TensorId> operands;
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const TensorId id = node.input(i);
      const OperandRule& operand = rule.Operand(i);
      if (id == kNoTensor || !tensor(id).is_float()) {
        operands.push_back(result_.Float(id));
      } else if (operand.kind == OperandRule::kWeight) {
        AddWeights(node, i, *plan.scheme, type, operands);
        break;  // the bias is the last operand
      } else {
        const TensorId source = SourceOfParams(node, operand, id);
        operands.push_back(result_.Integer(id, result_.FormOf(source, type)));
      }
    }
    return operands;
  }

  /// Returns the tensor whose parameters an operand has.
  static TensorId SourceOfParams(const Node& node, const OperandRule& rule, TensorId id) {
    if (rule.kind != OperandRule::kSameAs) return id;
    return rule.index == OperandRule::kResult ? node.output()
                                              : node.inputs().at(static_cast<size_t>(rule.index));
  }

  /// Appends weights and bias, operands i and i+1, of a node that computes with integers.
  void AddWeights(const Node& node, size_t i, const WeightScheme& scheme, ElementType type,
                  std::vector<TensorId>& operands) {
    const IntegerBias integer = BiasOf(result_.graph().tensor(operands.front()));
    const Tensor* bias = node.has_input(i + 1) ? &tensor(node.input(i + 1)) : nullptr;
    const bool own = OwnScalesOf(tensor(node.input(i)), scheme).keep_all();
    QuantizedWeights quantized =
        QuantizeWeights(tensor(node.input(i)), bias, integer, scheme, MethodsOf(node),
                        own ? WeightEvidence{} : Observe(node, operands.front()));
    if (methods_.correct_bias && !own)
      CorrectBias(node, operands.front(), type, integer, quantized);
    operands.push_back(result_.Add(node.input(i), std::move(quantized.weights)));
    if (!quantized.bias) return;
    operands.push_back(result_.Add(node.input(i + 1), std::move(*quantized.bias)));
  }

  /// Returns what the bias of a node must be.
  ///   input  that the node reads in the quantized graph
  IntegerBias BiasOf(const Tensor& input) const {
    const float scale = input.quant->scale();
    if (input.type == ElementType::kInt16) return {scale, ElementType::kInt64};
    return {scale, ElementType::kInt32,
            Accumulator{methods_.accumulator_bits, LargestInput(input)}};
  }

  /// Corrects the bias of a layer whose weights are quantized and which is not added yet.
  ///   input  what it reads in the quantized graph
  void CorrectBias(const Node& node, TensorId input, ElementType type, const IntegerBias& integer,
                   QuantizedWeights& quantized) {
    const Tensor& result = tensor(node.output());
    const IntegerForm form = result_.FormOf(node.output(), type);
    Tensor bias = quantized.bias ? *quantized.bias : ZeroBias(quantized.weights, result, integer);
    result_.Tell(evidence_);
    const std::optional<ResultErrors> errors = evidence_.rounding.Compare(
        {node, tensor(node.input(0)), input},
        LayerAlone(node, {result_.graph().tensor(input), quantized.weights, bias},
                   {result.name, form.type, result.shape, form.params}));
    if (!errors) return;
    ++compared_layers_;
    const std::vector<double> correction = BiasCorrection(*errors);
    if (correction.empty()) return;
    ++corrected_layers_;
    quantized.bias = ShiftedBias(bias, correction);
    if (!integer.accumulator) return;
    const Accumulator& accumulator = *integer.accumulator;
    const std::vector<int64_t> sums = LargestSums(quantized.weights, plan_.Find(node)->scheme->axis,
                                                  nullptr, accumulator.largest_input);
    quantized.bias = BiasWithin(sums, accumulator, *std::move(quantized.bias));
  }

  WeightEvidence Observe(const Node& node, TensorId input) {
    const EvidenceNeeds scales = methods_.scales->needs,
                        rounding = methods_.RoundingOf(node.name).needs;
    if (!(scales | rounding).any()) return {};
    const LayerInput layer{node, tensor(node.input(0)), input};
    result_.Tell(evidence_);
    if (evidence_.are_one()) {
      const LayerEvidence both = Ask(evidence_.scales, layer, scales | rounding);
      return {both, both};
    }
    return {Ask(evidence_.scales, layer, scales), Ask(evidence_.rounding, layer, rounding)};
  }

  static LayerEvidence Ask(EvidenceSource& source, const LayerInput& layer, EvidenceNeeds needs) {
    return needs.any() ? source.Observe(layer, needs) : LayerEvidence{};
  }

  /// Returns operand i as a dynamic node reads it, or made real by a Dequantize. Nodes that share
  /// weights and a scheme share both; they are then rounded for the first.
  TensorId StoredWeights(const Node& node, size_t i, const NodePlan& plan, TensorId input) {
    const TensorId id = node.input(i);
    const auto [found, is_new] = stored_.try_emplace({id, plan.scheme});
    Stored& stored = found->second;
    if (is_new) stored = AddSmall(node, i, plan, input);
    if (plan.is_dynamic()) return stored.small;
    if (stored.real == kNoTensor) {
      const std::string name = graph_.UniqueName(tensor(id).name + "/float");
      stored.real = result_.Convert(id, stored.small, Dequantize{},
                                    {name, ElementType::kFloat32, tensor(id).shape});
    }
    return stored.real;
  }

  /// Adds operand i stored small. Float nodes may read the weights as they are, too, so the small
  /// ones have a name of their own.
  Stored AddSmall(const Node& node, size_t i, const NodePlan& plan, TensorId input) {
    const TensorId id = node.input(i);
    if (plan.precision.weights == WeightPrecision::kCodebook) return {.real = AddCodebook(id)};
    const auto add = [&](Tensor small) {
      small.name = graph_.UniqueName(small.name);
      return result_.Add(id, std::move(small));
    };
    if (!plan.scheme) return {.small = add(ToFloat16(tensor(id)))};
    QuantizedWeights small = QuantizeWeights(tensor(id), nullptr, std::nullopt, *plan.scheme,
                                             MethodsOf(node), Observe(node, input));
    Stored stored{.small = add(std::move(small.weights))};
    if (small.bias) {
      const auto change = small.bias->Values<float>();
      stored.bias_change.assign(change.begin(), change.end());
    }
    return stored;
  }

  /// Adds weights as a codebook and indices, and returns the real ones.
  TensorId AddCodebook(TensorId id) {
    const Codebook codebook = MakeCodebook(tensor(id), plan_.codebook_size);
    ++codebooks_.layers;
    codebooks_.index_bytes +=
        IndexBytes(static_cast<size_t>(tensor(id).elements()), plan_.codebook_size);
    codebooks_.entropy_bytes += codebook.Entropy() * codebook.indices.size() / 8;
    return qconvert::AddCodebook(id, tensor(id), codebook, plan_.codebook_size, result_);
  }

  /// Gives a node whose weights, operand i, are stored the bias that their rounding asks for.
  void ChangeBias(const Node& node, size_t i, const NodePlan& plan, std::vector<TensorId>& inputs) {
    const std::vector<float>& change = stored_.at({node.input(i), plan.scheme}).bias_change;
    if (change.empty()) return;
    const Tensor* bias = node.has_input(i + 1) ? &tensor(node.input(i + 1)) : nullptr;
    if (bias != nullptr && !bias->is_constant()) {
      Fail(ErrorKind::kUnsupported,
           "node '" + node.name + "': its bias is computed, so rounding cannot correct it");
    }
    inputs.resize(std::max(inputs.size(), i + 2), kNoTensor);
    inputs[i + 1] =
        result_.Add(node.input(i + 1), ChangedBias(tensor(node.input(i)), bias, change));
  }

  const Graph& graph_;
  const QuantizationPlan& plan_;
  const EvidenceSources evidence_;
  const WeightMethods& methods_;
  GrowingGraph result_;
  std::map<std::pair<TensorId, std::optional<WeightScheme>>, Stored> stored_;
  size_t compared_layers_ = 0, corrected_layers_ = 0;
  CodebookSizes codebooks_;
};

}  // namespace

BuiltGraph Build(const Graph& graph, const QuantizationPlan& plan, const EvidenceSources& evidence,
                 const WeightMethods& methods) {
  return Builder(graph, plan, evidence, methods).Build();
}

}  // namespace qconvert
