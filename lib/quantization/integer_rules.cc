#include "lib/quantization/integer_rules.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/math/finite_range.h"
#include "lib/ops/left_kernels.h"
#include "lib/ops/op.h"
#include "lib/quantization/model_quantization.h"
#include "lib/quantization/refused_scales.h"

namespace qconvert {
namespace {

constexpr float kDisparateRanges = 16;  // one int8 scale leaves the narrower fewer than 4 bits

class Planner {
 public:
  Planner(const Graph& graph, const ActivationRanges& ranges, const PrecisionPlan& precision)
      : graph_(graph), ranges_(ranges), precision_(precision) {}

  /// Plans until LiteRT takes the scales of all integer nodes: parameters change after they were
  /// given, and a node that becomes float changes its neighbours.
  QuantizationPlan Plan() {
    do {
      plan_ = {};
      plan_.otherwise = precision_.otherwise;
      plan_.tensors.resize(static_cast<size_t>(graph_.tensor_count()));
      for (const Node& node : graph_.nodes()) {
        if (!TouchesFloat(node)) continue;
        plan_.nodes[node.name] = PlanNode(node);
        const auto grid = GridOfIntegers(graph_, node);
        if (grid) params(node.output(), ElementType::kInt8) = grid;
      }
    } while (RefuseScales() || RefuseRoundTrips());
    if (const auto warning = WarningOfQuantizedModel(graph_)) plan_.warnings.push_back(*warning);
    return std::move(plan_);
  }

 private:
  const Tensor& tensor(TensorId id) const { return graph_.tensor(id); }
  std::optional<QuantParams>& params(TensorId id, ElementType type) {
    return plan_.tensors[static_cast<size_t>(id)].Of(type);
  }
  bool IsFloat(TensorId id) const { return id != kNoTensor && tensor(id).is_float(); }

  bool TouchesFloat(const Node& node) const {
    const auto is_float = [&](TensorId id) { return IsFloat(id); };
    return std::any_of(node.inputs().begin(), node.inputs().end(), is_float) ||
           std::any_of(node.outputs().begin(), node.outputs().end(), is_float);
  }

  NodePlan PlanNode(const Node& node) {
    const PrecisionPlan::Exception* exception = precision_.Find(node);
    NodePlan plan{exception == nullptr ? precision_.otherwise : exception->precision};
    if (exception != nullptr) plan.reason = exception->reason;
    if (!AreInteger(plan.asked.activations)) return plan;
    const ElementType type = IntegerType(plan.asked.activations);
    if (std::optional<std::string> why = WhyFloat(node, type)) {
      plan.reason = *why;
      return plan;
    }
    plan.precision.activations = plan.asked.activations;
    if (!IsModelQuantization(node)) AssignParams(node, type);
    return plan;
  }

  std::optional<std::string> WhyFloat(const Node& node, ElementType type) const {
    const Op& op = OpOf(node);
    const auto refused = refused_.find(&node);
    if (refused != refused_.end()) return refused->second;
    if (IsModelQuantization(node)) return WhyNotRequantized(node, type);
    if (const std::string_view why = WhyKernelIsLeft(op); !why.empty()) return std::string(why);
    if (op.reference_int8 == nullptr) return "TFLite has no int8 kernel for it";
    if (type == ElementType::kInt16 && op.reference_int16 == nullptr) {
      return "TFLite has no int16 kernel for it";
    }
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const OperandRule& rule = op.quant.Operand(i);
      const bool constant = !node.has_input(i) || tensor(node.input(i)).is_constant();
      if (rule.kind == OperandRule::kWeight && !constant) return "its weights are computed";
      if (rule.kind == OperandRule::kBias && !constant) return "its bias is computed";
      if (rule.kind == OperandRule::kUnchanged && IsFloat(node.input(i))) {
        return "an operand has no integer form";
      }
    }
    if (op.quant.result.kind == OperandRule::kUnchanged && IsFloat(node.output())) {
      return "its result has no integer form";
    }
    const std::optional<std::string> uncalibrated = WhyUncalibrated(node, type);
    return uncalibrated ? uncalibrated : WhyAbsurd(node, type);
  }

  std::optional<std::string> WhyNotRequantized(const Node& node, ElementType type) const {
    if (type == ElementType::kInt8 && IsRequantization(graph_, node)) return std::nullopt;
    return "the model is quantized here already; its float original can be integer";
  }

  std::optional<std::string> WhyUncalibrated(const Node& node, ElementType type) const {
    for (const auto* ids : {&node.inputs(), &node.outputs()}) {
      for (TensorId id : *ids) {
        if (!IsFloat(id) || tensor(id).is_constant() || HasRange(id, type)) continue;
        if (plan_.tensors[static_cast<size_t>(id)].Of(type)) continue;
        if (ids == &node.outputs() && OpOf(node).quant.result.kind != OperandRule::kCalibrated) {
          continue;
        }
        return fmt::format("nothing gives '{}' a range; samples would, by --data", tensor(id).name);
      }
    }
    return std::nullopt;
  }

  std::optional<std::string> WhyAbsurd(const Node& node, ElementType type) const {
    for (const auto* ids : {&node.inputs(), &node.outputs()}) {
      for (TensorId id : *ids) {
        if (!IsFloat(id) || !(HasRange(id, type) || tensor(id).is_constant())) continue;
        const Range range = ObservedRange(id, type);
        const float end = std::max(-range.min, range.max);
        if (end > kLargestReal) {
          return fmt::format("the range of '{}' reaches {:.2g}", tensor(id).name, end);
        }
      }
    }
    return std::nullopt;
  }

  /// Notes the integer nodes whose scales LiteRT does not take; returns whether there are new ones.
  bool RefuseScales() {
    const size_t before = refused_.size();
    refused_.merge(RefusedScales(graph_, plan_));
    return refused_.size() > before;
  }

  /// Notes the integer nodes that only move the model's inputs to float nodes, or what a float node
  /// computes to any float node; returns whether there are some. Each would make a round trip
  /// through int8. What moves values from float nodes to integer ones alone moves fewer bytes as an
  /// integer.
  bool RefuseRoundTrips() {
    std::set<const Node*> leading, also_leading;
    for (auto node = graph_.nodes().rbegin(); node != graph_.nodes().rend(); ++node) {
      if (LeadsToFloat(*node, leading)) leading.insert(&*node);
      if (AlsoLeadsToFloat(*node, also_leading)) also_leading.insert(&*node);
    }
    const size_t before = refused_.size();
    for (const Node& node : graph_.nodes()) {
      if (also_leading.count(&node) != 0 && FollowsFloat(node)) {
        refused_.emplace(&node, "it only moves the values of a float operator to others");
      }
      const Node* producer = leading.count(&node) == 0 ? nullptr : graph_.Producer(node.input(0));
      const bool begins = leading.count(&node) != 0 && graph_.IsInput(node.input(0));
      if (!begins && (producer == nullptr || refused_.count(producer) == 0)) continue;
      refused_.emplace(&node, "it only moves values to float operators");
    }
    return refused_.size() > before;
  }

  /// Returns whether an integer node moves values that float nodes alone read.
  ///   leading  the nodes behind it that do
  bool LeadsToFloat(const Node& node, const std::set<const Node*>& leading) const {
    if (!plan_.IsInteger(node) || !OpOf(node).quant.KeepsParams()) return false;
    return std::ranges::all_of(node.outputs(), [&](TensorId id) {
      const std::vector<Node*> readers = graph_.Consumers(id);
      return !graph_.IsOutput(id) && std::ranges::all_of(readers, [&](const Node* reader) {
        return !plan_.IsInteger(*reader) || leading.count(reader) != 0;
      });
    });
  }

  /// Returns whether an integer node moves values that a float node or the model's caller reads.
  ///   leading  the nodes behind it that do
  bool AlsoLeadsToFloat(const Node& node, const std::set<const Node*>& leading) const {
    if (!plan_.IsInteger(node) || !OpOf(node).quant.KeepsParams()) return false;
    return std::ranges::any_of(node.outputs(), [&](TensorId id) {
      const std::vector<Node*> readers = graph_.Consumers(id);
      return graph_.IsOutput(id) || std::ranges::any_of(readers, [&](const Node* reader) {
               return !plan_.IsInteger(*reader) || leading.count(reader) != 0;
             });
    });
  }

  bool FollowsFloat(const Node& node) const {
    const Node* producer = graph_.Producer(node.input(0));
    return producer != nullptr && !plan_.IsInteger(*producer);
  }

  bool HasRange(TensorId id, ElementType type) const {
    const Ranges& ranges = ranges_.Of(type);
    return static_cast<size_t>(id) < ranges.size() && ranges[static_cast<size_t>(id)].has_value();
  }

  Range ObservedRange(TensorId id, ElementType type) const {
    return ObservedRangeOf(graph_, ranges_.Of(type), id);
  }

  void AssignParams(const Node& node, ElementType type) {
    const QuantRule& rule = OpOf(node).quant;
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const TensorId id = node.input(i);
      if (rule.Operand(i).kind == OperandRule::kCalibrated && IsFloat(id)) ObservedParams(id, type);
    }
    for (TensorId id : node.outputs()) {
      if (IsFloat(id)) params(id, type) = ResultParams(node, id, type);
    }
    UnifyOperands(node, type);
  }

  /// Returns the parameters of a tensor, from its range unless it has some.
  QuantParams& ObservedParams(TensorId id, ElementType type) {
    auto& result = params(id, type);
    if (!result) result = OwnParams(id, type);
    if (!result) result = ParamsOfRange(ObservedRange(id, type), type);
    return *result;
  }

  /// Returns the parameters that the model itself gives a tensor, if it does.
  std::optional<QuantParams> OwnParams(TensorId id, ElementType type) const {
    return GridOf(graph_, id, type);
  }

  QuantParams ResultParams(const Node& node, TensorId id, ElementType type) {
    const OperandRule& rule = OpOf(node).quant.result;
    if (rule.kind == OperandRule::kFixed) {
      const FixedParams& fixed = type == ElementType::kInt16 ? rule.int16 : rule.int8;
      return PerLayer(fixed.scale, fixed.zero_point);
    }
    if (rule.kind == OperandRule::kSameAs) {
      return *params(node.inputs().at(static_cast<size_t>(rule.index)), type);
    }
    std::optional<QuantParams> grid = OwnParams(id, type);
    if (!grid && type == ElementType::kInt8) grid = GridOfReader(graph_, id);
    return grid ? *grid : ParamsOfRange(ObservedRange(id, type), type);
  }

  /// Gives operands that must share the result's parameters those, where nobody else reads them.
  void UnifyOperands(const Node& node, ElementType type) {
    const QuantRule& rule = OpOf(node).quant;
    float narrowest = INFINITY, widest = 0;
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const OperandRule& operand = rule.Operand(i);
      const TensorId id = node.input(i);
      if (operand.kind != OperandRule::kSameAs || !IsFloat(id) || tensor(id).is_constant())
        continue;
      QuantParams& own = ObservedParams(id, type);
      narrowest = std::min(narrowest, own.scale());
      widest = std::max(widest, own.scale());
      if (MayRetarget(node, id, type)) own = *params(node.output(), type);
    }
    if (type == ElementType::kInt8 && node.Is<Concat>() && widest > kDisparateRanges * narrowest) {
      plan_.warnings.push_back(fmt::format(
          "node '{}' (Concat): the ranges of its inputs differ by {:.0f}x, so the narrowest keeps "
          "only {:.0f} of 256 steps; {}",
          node.name, widest / narrowest, 256 * narrowest / widest,
          graph_.IsOutput(node.output()) ? "--split-outputs gives each an output of its own"
                                         : fmt::format("consider --exclude '{}'", node.name)));
    }
  }

  bool MayRetarget(const Node& node, TensorId id, ElementType type) const {
    const Node* producer = graph_.Producer(id);
    return producer != nullptr && plan_.IsInteger(*producer) && !OwnParams(id, type) &&
           IntegerType(plan_.Find(*producer)->precision.activations) == type &&
           OpOf(*producer).quant.result.kind == OperandRule::kCalibrated &&
           OpOf(*producer).quant.Operand(0).kind != OperandRule::kSameAs &&
           graph_.SoleConsumer(id) == &node;
  }

  const Graph& graph_;
  const ActivationRanges& ranges_;
  const PrecisionPlan& precision_;
  QuantizationPlan plan_;
  std::map<const Node*, std::string> refused_;  // why LiteRT does not take the scales
};

}  // namespace

Range ObservedRangeOf(const Graph& graph, const Ranges& ranges, TensorId id) {
  const auto at = static_cast<size_t>(id);
  if (at < ranges.size() && ranges[at]) return *ranges[at];
  const Tensor& constant = graph.tensor(id);
  const std::optional<Range> range = FiniteRange(constant.Values<float>());
  if (!range) {
    Fail(ErrorKind::kUnusable, fmt::format("constant '{}' holds NaN or infinity", constant.name));
  }
  return RelaxToZero(*range);
}

QuantParams ParamsOfRange(const Range& range, ElementType type) {
  const Range cut{std::max(range.min, -kLargestReal), std::min(range.max, kLargestReal)};
  const AffineParams params = type == ElementType::kInt16 ? ChooseSymmetric(cut, kInt16Limits)
                                                          : ChooseAffine(cut, kInt8Limits);
  return PerLayer(params.scale, params.zero_point);
}

QuantizationPlan PlanActivations(const Graph& graph, const ActivationRanges& ranges,
                                 const PrecisionPlan& precision) {
  return Planner(graph, ranges, precision).Plan();
}

}  // namespace qconvert
