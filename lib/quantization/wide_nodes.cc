#include "lib/quantization/wide_nodes.h"

#include <algorithm>

#include "lib/ops/op.h"
#include "lib/quantization/node_pattern.h"

namespace qconvert {
namespace {

constexpr NodePrecision kWideNode{WeightPrecision::kInt8, ActivationPrecision::kInt16};

class Widening {
 public:
  Widening(const Graph& graph, PrecisionPlan& plan) : graph_(graph), plan_(plan) {}

  void Run() {
    const auto& nodes = graph_.nodes();
    for (const Node& node : nodes) {
      if (MayFollow(node) && ReadsWideAlone(node)) Widen(node);
    }
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
      if (MayFollow(*node) && BeginsAtInput(*node) && IsReadByWideAlone(*node)) Widen(*node);
    }
  }

 private:
  void Widen(const Node& node) {
    plan_.exceptions[node.name] = {kWideNode, "it moves values of 16 bits"};
  }

  bool IsWide(const Node* node) const {
    if (node == nullptr) return false;
    const PrecisionPlan::Exception* exception = plan_.Find(*node);
    const NodePrecision& precision = exception ? exception->precision : plan_.otherwise;
    return precision.activations == ActivationPrecision::kInt16;
  }

  bool MayFollow(const Node& node) const {
    const Op& op = OpOf(node);
    const OperandRule& first = op.quant.Operand(0);
    const bool moves = op.quant.KeepsParams() || first.kind == OperandRule::kSameAs;
    return moves && op.reference_int16 != nullptr && plan_.Find(node) == nullptr;
  }

  /// Returns whether a node reads computed reals, all of them made by wide nodes.
  bool ReadsWideAlone(const Node& node) const {
    bool reads = false;
    for (const TensorId id : node.inputs()) {
      if (id == kNoTensor || !graph_.tensor(id).is_float() || graph_.tensor(id).is_constant()) {
        continue;
      }
      if (!IsWide(graph_.Producer(id))) return false;
      reads = true;
    }
    return reads;
  }

  /// Returns whether nodes only move what they read from an input of the model to this one.
  bool BeginsAtInput(const Node& node) const {
    if (!OpOf(node).quant.KeepsParams()) return false;
    const Node* producer = graph_.Producer(node.input(0));
    return producer == nullptr ? graph_.IsInput(node.input(0))
                               : MayFollow(*producer) && BeginsAtInput(*producer);
  }

  bool IsReadByWideAlone(const Node& node) const {
    return std::ranges::all_of(node.outputs(), [&](TensorId id) {
      const auto is_wide = [&](const Node* reader) { return IsWide(reader); };
      return !graph_.IsOutput(id) && std::ranges::all_of(graph_.Consumers(id), is_wide);
    });
  }

  const Graph& graph_;
  PrecisionPlan& plan_;
};

}  // namespace

void WidenNamed(const Graph& graph, const std::string& pattern, PrecisionPlan& plan) {
  const NodePattern named("--wide", pattern);
  for (const Node& node : graph.nodes()) {
    if (!named.Names(node)) continue;
    plan.exceptions.try_emplace(node.name, PrecisionPlan::Exception{kWideNode, "named by --wide"});
  }
}

void WidenGrids(const Graph& graph, PrecisionPlan& plan) {
  const auto is_wide = [&](TensorId id) {
    const auto grid = graph.grids.find(id);
    return grid != graph.grids.end() && grid->second.type == ElementType::kInt16;
  };
  for (const Node& node : graph.nodes()) {
    if (!std::ranges::any_of(node.inputs(), is_wide) &&
        !std::ranges::any_of(node.outputs(), is_wide)) {
      continue;
    }
    plan.exceptions.try_emplace(
        node.name, PrecisionPlan::Exception{kWideNode, "the model itself gives it 16 bits"});
  }
}

void WidenMovements(const Graph& graph, PrecisionPlan& plan) {
  if (plan.otherwise.activations == ActivationPrecision::kInt8) Widening(graph, plan).Run();
}

}  // namespace qconvert
