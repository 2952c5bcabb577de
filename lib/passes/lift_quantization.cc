// Takes the quantization that a model itself does out of its arithmetic. What an integer file can
// hold of it becomes a note beside the tensor.
//
//     x -> Conv2D -> QuantizeLinear -> DequantizeLinear -> Relu        x -> Conv2D {grid} -> Relu
//                                                                  =>
//
// The grid is the pair's scale and zero point as int8. A pair stays where TFLite's rule gives its
// operand other parameters: behind a Softmax, or a pool whose operand has others. So does one that
// stands for a Relu, where others read its operand. The planner makes it a QUANTIZE. Float files
// round as the model does, so the pass stands in no list.
//
// Pairs of 16 bits are lifted wherever they stand. Their int16 numbers have no zero point, so one
// that stands for a Relu becomes one.
#include <algorithm>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "lib/ops/op.h"
#include "lib/passes/clamp.h"
#include "lib/passes/passes.h"
#include "lib/passes/pipeline.h"
#include "lib/passes/quantization_pairs.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scores.h"

namespace qconvert {
namespace {

/// Returns what a tensor is as integers of a type by the rule of its producer, whatever is noted of
/// it; nothing where it may be any.
std::optional<IntegerForm> FormByRule(const Graph& graph, TensorId id, ElementType type) {
  const Node* producer = graph.Producer(id);
  if (producer == nullptr) return std::nullopt;
  const QuantRule& rule = OpOf(*producer).quant;
  if (rule.result.kind == OperandRule::kFixed) {
    const FixedParams& fixed = type == ElementType::kInt16 ? rule.result.int16 : rule.result.int8;
    return IntegerForm{type, PerLayer(fixed.scale, fixed.zero_point)};
  }
  if (!rule.KeepsParams()) return std::nullopt;
  const auto noted = graph.grids.find(producer->input(0));
  return noted != graph.grids.end() ? noted->second : FormByRule(graph, producer->input(0), type);
}

/// Returns whether the producer of a tensor can give it these integers.
bool MayHave(const Graph& graph, TensorId id, const IntegerForm& grid) {
  const auto noted = graph.grids.find(id);
  if (noted != graph.grids.end()) return noted->second == grid;
  const Node* producer = graph.Producer(id);
  if (producer == nullptr || OpOf(*producer).quant.result.kind == OperandRule::kCalibrated) {
    return true;
  }
  return FormByRule(graph, id, grid.type) == grid;
}

/// Returns the tensor whose values nodes only select for `id`, nobody else reading them on the way.
TensorId SourceOf(const Graph& graph, TensorId id) {
  const Node* producer = graph.Producer(id);
  while (producer != nullptr && OpOf(*producer).quant.KeepsParams() && Selects(*producer, 0) &&
         graph.grids.count(id) == 0 && graph.SoleConsumer(producer->input(0)) == producer) {
    id = producer->input(0);
    producer = graph.Producer(id);
  }
  return id;
}

/// Returns whether nobody reads a tensor but by pairs like this one.
bool ReadByPairsAlone(const Graph& graph, TensorId x, const Node& quantize) {
  if (graph.grids.count(x) != 0) return true;  // it was lifted from such a pair
  const QuantizeLinear& op = *quantize.As<QuantizeLinear>();
  const std::vector<Node*> readers = graph.Consumers(x);
  return !graph.IsOutput(x) && std::ranges::all_of(readers, [&](const Node* reader) {
    const auto* other = reader->As<QuantizeLinear>();
    return other != nullptr && other->quant == op.quant && other->to == op.to;
  });
}

/// A file's outputs are computed, and each once.
bool KeepsOutputsApart(const Graph& graph, TensorId x, const std::vector<Node*>& pair) {
  const auto outputs =
      std::ranges::count_if(pair, [&](const Node* node) { return graph.IsOutput(node->output()); });
  const bool free = graph.Producer(x) != nullptr && !graph.IsOutput(x);
  return outputs == 0 || (outputs == 1 && free);
}

/// Lets the readers of a pair read `x` instead, which gets the name of what it holds then.
void ReadInstead(Graph& graph, TensorId x, const std::vector<Node*>& dequantizes) {
  for (Node* dequantize : dequantizes) {
    const bool named = dequantize == dequantizes.front() || graph.IsOutput(dequantize->output());
    if (named && !graph.IsInput(x)) graph.SwapNames(x, dequantize->output());
    graph.Replace(*dequantize, x);
  }
}

/// Makes a QuantizeLinear a Relu of reals.
void BecomeRelu(Graph& graph, Node& quantize) {
  quantize.op = Relu{};
  graph.tensor(quantize.output()).type = ElementType::kFloat32;
}

class Lift {
 public:
  explicit Lift(Graph& graph) : graph_(graph) {}

  void Run() {
    for (Node* node : QuantizeNodes()) LiftPair(*node);
    if (pairs_ == 0) return;
    std::string& text = graph_.metadata["quantization"];
    text = fmt::format("the model's own, of {} tensors", pairs_);
    if (wide_ > 0) text += fmt::format(", {} of them with 16 bits", wide_);
    AbsorbTransposes(graph_);  // what stood between neighbours is gone
    SqueezeReductions(graph_);
    RunPasses(kFoldingPasses, graph_);
    NoteClamps();
  }

 private:
  std::vector<Node*> QuantizeNodes() {
    std::vector<Node*> nodes;
    for (Node& node : graph_.nodes()) {
      if (node.Is<QuantizeLinear>()) nodes.push_back(&node);
    }
    return nodes;
  }

  void LiftPair(Node& node) {
    const std::optional<IntegerForm> grid = GridOfPair(graph_, node);
    if (!grid) return;
    const std::vector<Node*> dequantizes = DequantizesOfPair(graph_, node);
    if (IsWide(*node.As<QuantizeLinear>())) return LiftWide(node, *grid, dequantizes);
    ++pairs_;
    const TensorId x = node.input(0);
    const bool apart = !StandsForRelu(graph_, node) || ReadByPairsAlone(graph_, x, node);
    if (apart && KeepsOutputsApart(graph_, x, dequantizes) && Note(x, *grid)) {
      ReadInstead(graph_, x, dequantizes);
      graph_.Remove(node);
    }
  }

  void LiftWide(Node& node, const IntegerForm& grid, const std::vector<Node*>& dequantizes) {
    const TensorId x = node.input(0);
    const bool relu = StandsForRelu(graph_, node) && !IsNonNegative(graph_, x);
    if (!KeepsOutputsApart(graph_, relu ? node.output() : x, dequantizes)) return;
    ++pairs_;
    ++wide_;
    if (relu) {
      if (graph_.SoleConsumer(x) == &node) Note(x, grid);  // what it cuts off is cut off anyway
      BecomeRelu(graph_, node);
      ReadInstead(graph_, node.output(), dequantizes);
      graph_.grids[node.output()] = grid;
      return;
    }
    Note(x, grid);
    ReadInstead(graph_, x, dequantizes);
    graph_.Remove(node);
  }

  /// Notes a grid of a tensor, or of the one whose values it has; returns whether either can have
  /// it.
  bool Note(TensorId x, const IntegerForm& grid) {
    const TensorId source = SourceOf(graph_, x);
    const bool held = MayHave(graph_, x, grid);
    if (!held && !MayHave(graph_, source, grid)) return false;
    graph_.grids[held ? x : source] = grid;
    return true;
  }

  /// What a clamp leaves of a grid lies on it.
  void NoteClamps() {
    for (const Node& node : graph_.nodes()) {
      const auto clamp = AsClamp(graph_, node);
      const auto grid = clamp ? graph_.grids.find(clamp->x) : graph_.grids.end();
      if (grid != graph_.grids.end()) graph_.grids.try_emplace(node.output(), grid->second);
    }
  }

  Graph& graph_;
  int pairs_ = 0, wide_ = 0;
};

}  // namespace

void LiftQuantization(Graph& graph) { Lift(graph).Run(); }

}  // namespace qconvert
