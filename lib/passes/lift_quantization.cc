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

/// Returns the parameters that a tensor has by the rule of its producer, whatever is noted of it;
/// nothing where it may have any.
std::optional<QuantParams> ParamsByRule(const Graph& graph, TensorId id) {
  const Node* producer = graph.Producer(id);
  if (producer == nullptr) return std::nullopt;
  const QuantRule& rule = OpOf(*producer).quant;
  if (rule.result.kind == OperandRule::kFixed) {
    return PerLayer(rule.result.int8.scale, rule.result.int8.zero_point);
  }
  if (!rule.KeepsParams()) return std::nullopt;
  const auto noted = graph.grids.find(producer->input(0));
  return noted != graph.grids.end() ? noted->second : ParamsByRule(graph, producer->input(0));
}

/// Returns whether the producer of a tensor can give it these parameters.
bool MayHave(const Graph& graph, TensorId id, const QuantParams& grid) {
  const auto noted = graph.grids.find(id);
  if (noted != graph.grids.end()) return noted->second == grid;
  const Node* producer = graph.Producer(id);
  if (producer == nullptr || OpOf(*producer).quant.result.kind == OperandRule::kCalibrated) {
    return true;
  }
  return ParamsByRule(graph, id) == grid;
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

/// Lets the readers of a pair read its operand, which gets the name of what it holds then.
void Remove(Graph& graph, Node& quantize, const std::vector<Node*>& dequantizes) {
  const TensorId x = quantize.input(0);
  for (Node* dequantize : dequantizes) {
    const bool named = dequantize == dequantizes.front() || graph.IsOutput(dequantize->output());
    if (named && !graph.IsInput(x)) graph.SwapNames(x, dequantize->output());
    graph.Replace(*dequantize, x);
  }
  graph.Remove(quantize);
}

class Lift {
 public:
  explicit Lift(Graph& graph) : graph_(graph) {}

  void Run() {
    for (Node* node : QuantizeNodes()) LiftPair(*node);
    if (pairs_ == 0) return;
    std::string& text = graph_.metadata["quantization"];
    text = fmt::format("the model's own, of {} tensors", pairs_);
    if (wide_ > 0) text += fmt::format(", {} of them narrowed from 16 to 8 bits", wide_);
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
    const std::optional<QuantParams> grid = GridOfPair(graph_, node);
    if (!grid) return;
    const bool wide = IsWide(*node.As<QuantizeLinear>());
    const std::vector<Node*> dequantizes = DequantizesOfPair(graph_, node);
    const TensorId x = node.input(0), source = SourceOf(graph_, x);
    const bool held = MayHave(graph_, x, *grid), moved = MayHave(graph_, source, *grid);
    const bool apart = !StandsForRelu(graph_, x, *grid) || ReadByPairsAlone(graph_, x, node);
    const bool lifts =
        (held || moved || wide) && apart && KeepsOutputsApart(graph_, x, dequantizes);
    if (wide && !lifts) return;
    ++pairs_;
    wide_ += wide ? 1 : 0;
    if (!lifts) return;
    if (held || moved) graph_.grids[held ? x : source] = *grid;
    Remove(graph_, node, dequantizes);
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
