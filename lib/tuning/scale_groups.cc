#include "lib/tuning/scale_groups.h"

#include <numeric>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

class Finder {
 public:
  explicit Finder(const Graph& graph) : graph_(graph) {
    groups_.leader.resize(static_cast<size_t>(graph.tensor_count()));
    std::iota(groups_.leader.begin(), groups_.leader.end(), TensorId{0});
    groups_.fixed.resize(groups_.leader.size());
  }

  ScaleGroups Find() {
    for (const Node& node : graph_.nodes()) JoinBy(node);
    for (const Node& node : graph_.nodes()) FixBy(node);
    for (TensorId& leader : groups_.leader) leader = LeaderOf(leader);
    return std::move(groups_);
  }

 private:
  bool IsQuantized(TensorId id) const {
    return id != kNoTensor && graph_.tensor(id).quant.has_value();
  }

  TensorId LeaderOf(TensorId id) const {
    while (groups_.leader[static_cast<size_t>(id)] != id) {
      id = groups_.leader[static_cast<size_t>(id)];
    }
    return id;
  }

  void Join(TensorId a, TensorId b) {
    if (!IsQuantized(a) || !IsQuantized(b)) return;
    groups_.leader[static_cast<size_t>(LeaderOf(a))] = LeaderOf(b);
  }

  void Fix(TensorId id) {
    if (IsQuantized(id)) groups_.fixed[static_cast<size_t>(LeaderOf(id))] = true;
  }

  /// Int8 and uint8 of the same reals, at the ends of a model, share a scale.
  void JoinConversion(const Node& node) {
    const TensorId from = node.input(0), to = node.output();
    if (!IsQuantized(from) || !IsQuantized(to)) return;
    if (graph_.tensor(from).quant->scale() == graph_.tensor(to).quant->scale()) Join(from, to);
  }

  void JoinBy(const Node& node) {
    if (node.Is<Quantize>()) JoinConversion(node);
    const QuantRule& rule = OpOf(node).quant;
    const auto partner = [&](const OperandRule& own) {
      return own.index == OperandRule::kResult ? node.output()
                                               : node.input(static_cast<size_t>(own.index));
    };
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const OperandRule& operand = rule.Operand(i);
      if (operand.kind == OperandRule::kSameAs) Join(node.input(i), partner(operand));
    }
    if (rule.result.kind != OperandRule::kSameAs) return;
    for (TensorId output : node.outputs()) Join(output, partner(rule.result));
  }

  void FixBy(const Node& node) {
    const QuantRule& rule = OpOf(node).quant;
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const TensorId id = node.input(i);
      const bool constant = IsQuantized(id) && graph_.tensor(id).is_constant();
      if (constant || rule.Operand(i).kind == OperandRule::kFixed) Fix(id);
    }
    if (rule.result.kind != OperandRule::kFixed) return;
    for (TensorId output : node.outputs()) Fix(output);
  }

  const Graph& graph_;
  ScaleGroups groups_;
};

}  // namespace

ScaleGroups FindScaleGroups(const Graph& quantized) { return Finder(quantized).Find(); }

}  // namespace qconvert
