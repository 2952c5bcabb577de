#include "lib/quantization/normalizations.h"

#include "lib/ops/op.h"

namespace qconvert {
namespace {

bool IsMean(const Node* node) {
  return node != nullptr && (node->Is<Mean>() || node->Is<Sum>());
}

bool IsSquare(const Node* node) {
  return node != nullptr && (node->Is<Square>() || node->Is<SquaredDifference>() ||
                             (node->Is<Mul>() && node->input(0) == node->input(1)));
}

/// One normalization, found from the root of its variance.
///     x -> Mean -> Sub -> Square -> Mean -> + epsilon -> Sqrt -> + epsilon -> Div
class Normalization {
 public:
  explicit Normalization(const Graph& graph) : graph_(graph) {}

  /// Returns its nodes; none when `root` belongs to no normalization.
  std::set<const Node*> Find(const Node& root) {
    nodes_ = {&root};
    const Node* mean = FollowToMean(root.input(0));
    const Node* square = mean == nullptr ? nullptr : graph_.Producer(mean->input(0));
    if (!IsSquare(square) || !AddDivision(root.output(), root.Is<Rsqrt>())) return {};
    nodes_.insert(square);
    AddCentring(*square);
    return std::move(nodes_);
  }

 private:
  bool IsConstant(TensorId id) const { return id != kNoTensor && graph_.tensor(id).is_constant(); }

  /// Returns the operand that a node moves, or bounds, shifts or scales by a constant; kNoTensor
  /// when it does something else.
  TensorId Adjusted(const Node& node) const {
    if (OpOf(node).quant.KeepsParams()) return node.input(0);
    if (!node.Is<Add>() && !node.Is<Mul>() && !node.Is<Maximum>()) return kNoTensor;
    if (IsConstant(node.input(1))) return node.input(0);
    return IsConstant(node.input(0)) ? node.input(1) : kNoTensor;
  }

  /// Goes back from what a root is taken of to the mean or sum of squares.
  const Node* FollowToMean(TensorId id) {
    while (id != kNoTensor) {
      const Node* node = graph_.Producer(id);
      if (node == nullptr) return nullptr;
      nodes_.insert(node);
      if (IsMean(node)) return node;
      id = Adjusted(*node);
    }
    return nullptr;
  }

  /// Adds what leads from the deviation, or from its reciprocal, to divisions; returns whether
  /// there is one.
  bool AddDivision(TensorId id, bool reciprocal) {
    bool found = false;
    for (const Node* node : graph_.Consumers(id)) {
      const bool divides = node->Is<Div>() && !reciprocal && node->input(1) == id;
      const bool inverts = divides && IsConstant(node->input(0));
      const bool multiplies = node->Is<Mul>() && reciprocal;
      bool leads = (divides && !inverts) || (multiplies && Adjusted(*node) != id);
      if (!leads && (inverts || Adjusted(*node) == id)) {
        leads = AddDivision(node->output(), reciprocal || inverts);
      }
      if (leads) nodes_.insert(node);
      found = found || leads;
    }
    return found;
  }

  /// Adds the mean that is subtracted before or while values are squared, and the subtractions.
  void AddCentring(const Node& square) {
    const Node* before = graph_.Producer(square.input(0));
    const bool subtracts = before != nullptr && before->Is<Sub>();
    if (subtracts) nodes_.insert(before);
    for (TensorId id : (subtracts ? *before : square).inputs()) {
      const Node* mean = graph_.Producer(id);
      if (!IsMean(mean)) continue;
      nodes_.insert(mean);
      for (const Node* reader : graph_.Consumers(id)) {
        if (reader->Is<Sub>()) nodes_.insert(reader);
      }
    }
  }

  const Graph& graph_;
  std::set<const Node*> nodes_;
};

}  // namespace

std::set<const Node*> FindNormalizations(const Graph& graph) {
  std::set<const Node*> nodes;
  for (const Node& node : graph.nodes()) {
    if (node.Is<Sqrt>() || node.Is<Rsqrt>()) nodes.merge(Normalization(graph).Find(node));
  }
  return nodes;
}

}  // namespace qconvert
