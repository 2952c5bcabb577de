// Folds arithmetic with constants into the linear operator before it.
//
//     x -> FullyConnected {W} -> Add b        x -> FullyConnected {W, b}
//     x -> Conv2D {W, b} -> Mul c         =>  x -> Conv2D {c W, c b}
//
// The constant is one number, or one for each output channel (the last axis).
#include <optional>
#include <utility>

#include "lib/passes/linear.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Returns a constant's values, one for each of `channels`; nothing when it varies along another
/// axis.
std::optional<std::vector<float>> PerChannel(const Graph& graph, TensorId id, int64_t channels) {
  const Tensor& tensor = graph.tensor(id);
  if (!tensor.is_constant() || !tensor.is_float()) return {};
  const auto values = tensor.Values<float>();
  if (values.size() == 1) return std::vector(static_cast<size_t>(channels), values[0]);
  if (tensor.shape.back() != channels || tensor.elements() != channels) return {};
  return std::vector(values.begin(), values.end());
}

struct Affine {
  std::vector<float> scale, shift;
};

/// Returns `node` as scale x + shift with constant `c`, operand 1 or (`reversed`) operand 0.
std::optional<Affine> AsAffine(const Node& node, std::vector<float> c, bool reversed) {
  std::vector<float> ones(c.size(), 1), zeros(c.size(), 0), negated(c);
  for (float& value : negated) value = -value;
  if (node.Is<Add>()) return Affine{ones, c};
  if (node.Is<Mul>()) return Affine{c, zeros};
  if (!node.Is<Sub>()) return {};
  if (!reversed) return Affine{ones, negated};
  for (float& value : ones) value = -value;
  return Affine{ones, c};
}

bool FoldNode(Graph& graph, Node& node) {
  if (!node.Is<Add>() && !node.Is<Sub>() && !node.Is<Mul>()) return false;
  for (size_t constant = 0; constant < 2; ++constant) {
    Node* producer = FoldableProducer(graph, node.input(1 - constant));
    if (producer == nullptr || producer->output() == node.input(constant)) continue;
    if (graph.tensor(node.output()).shape != graph.tensor(producer->output()).shape) continue;
    auto values = PerChannel(graph, node.input(constant), OutputChannels(graph, *producer));
    if (!values) continue;
    const auto affine = AsAffine(node, std::move(*values), constant == 0);
    ScaleAndShift(graph, *producer, affine->scale, affine->shift);
    *FusedActivation(producer->op) = FusedActivation(std::as_const(node).op);
    Absorb(graph, *producer, node);
    return true;
  }
  return false;
}

}  // namespace

void FoldAffine(Graph& graph) {
  ForEachNode(graph, [&](Node& node) { FoldNode(graph, node); });
}

}  // namespace qconvert
