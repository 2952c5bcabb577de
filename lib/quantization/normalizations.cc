#include "lib/quantization/normalizations.h"

#include <algorithm>
#include <vector>

#include "lib/calibration/pad_ranges.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

bool IsMean(const Node* node) { return node != nullptr && (node->Is<Mean>() || node->Is<Sum>()); }

bool IsSquare(const Node* node) {
  return node != nullptr && (node->Is<Square>() || node->Is<SquaredDifference>() ||
                             (node->Is<Mul>() && node->input(0) == node->input(1)));
}

/// One normalization, found from the root of its variance.
///     x -> Mean -> Sub -> Square -> Mean -> + epsilon -> Sqrt -> + epsilon -> Div
///     x -> Square -> Mean -> Sub (Square of Mean of x) -> + epsilon -> Sqrt -> Div
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
    AddScaledDividends();
    AddMovesOfInputs();
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
      id = SubtractsSquaredMean(*node) ? node->input(0) : Adjusted(*node);
    }
    return nullptr;
  }

  /// Adds the square of a mean, and the mean, where a node subtracts it; returns whether it does.
  bool SubtractsSquaredMean(const Node& node) {
    const Node* square = node.Is<Sub>() ? graph_.Producer(node.input(1)) : nullptr;
    const Node* mean = IsSquare(square) ? graph_.Producer(square->input(0)) : nullptr;
    if (!IsMean(mean)) return false;
    nodes_.insert(square);
    AddMean(*mean);
    return true;
  }

  /// Adds a mean and the subtractions of it.
  void AddMean(const Node& mean) {
    nodes_.insert(&mean);
    for (const Node* reader : graph_.Consumers(mean.output())) {
      if (reader->Is<Sub>()) nodes_.insert(reader);
    }
  }

  /// Adds what leads from the deviation, or from its reciprocal, to divisions, and the scale and
  /// offset behind them; returns whether there is a division.
  bool AddDivision(TensorId id, bool reciprocal) {
    bool found = false;
    for (const Node* node : graph_.Consumers(id)) {
      const bool divides = Divides(*node, id, reciprocal);
      const bool inverts = !reciprocal && node->Is<Div>() && node->input(1) == id;
      const bool passes = !divides && (inverts || Adjusted(*node) == id);
      if (!divides && !(passes && AddDivision(node->output(), reciprocal || inverts))) continue;
      nodes_.insert(node);
      if (divides) AddAffine(node->output());
      found = true;
    }
    return found;
  }

  bool Divides(const Node& node, TensorId id, bool reciprocal) const {
    if (reciprocal) return node.Is<Mul>() && Adjusted(node) != id;
    return node.Is<Div>() && node.input(1) == id && !IsConstant(node.input(0));
  }

  /// Adds sums and products of what the normalization computes and constants; returns whether there
  /// are any.
  bool AddAffine(TensorId id) {
    bool found = false;
    for (const Node* node : graph_.Consumers(id)) {
      const bool moves = OpOf(*node).quant.KeepsParams();
      if (!moves && !Combines(*node)) continue;
      nodes_.insert(node);
      const bool leads = AddAffine(node->output()) || !moves;
      if (!leads) nodes_.erase(node);
      found = found || leads;
    }
    return found;
  }

  bool Combines(const Node& node) const {
    const auto& operands = node.inputs();
    return (node.Is<Add>() || node.Is<Sub>() || node.Is<Mul>()) &&
           std::all_of(operands.begin(), operands.end(), [&](TensorId id) {
             return IsConstant(id) || nodes_.count(graph_.Producer(id)) != 0;
           });
  }

  /// Adds the mean that is subtracted before or while values are squared, and the subtractions.
  void AddCentring(const Node& square) {
    const Node* before = graph_.Producer(square.input(0));
    const bool subtracts = before != nullptr && before->Is<Sub>();
    if (subtracts) nodes_.insert(before);
    for (TensorId id : (subtracts ? *before : square).inputs()) {
      const Node* mean = graph_.Producer(id);
      if (IsMean(mean)) AddMean(*mean);
    }
  }

  /// Adds what scales or shifts centred values before they are divided.
  void AddScaledDividends() {
    for (const Node* node : std::set(nodes_)) {
      if (!node->Is<Div>() && !node->Is<Mul>()) continue;
      for (TensorId id : node->inputs()) AddPathFrom(id);
    }
  }

  /// Adds what adjusts a result of the normalization to make `id`, if that is what `id` is.
  void AddPathFrom(TensorId id) {
    std::vector<const Node*> path;
    const Node* producer = graph_.Producer(id);
    while (producer != nullptr && nodes_.count(producer) == 0 && path.size() < kMostAdjustments) {
      path.push_back(producer);
      const TensorId before = Adjusted(*producer);
      producer = before == kNoTensor ? nullptr : graph_.Producer(before);
    }
    if (nodes_.count(producer) != 0) nodes_.insert(path.begin(), path.end());
  }

  /// Adds what moves an input of the network in front of it: the input is float as well.
  void AddMovesOfInputs() {
    for (const Node* node : std::set(nodes_)) {
      for (TensorId id : node->inputs()) {
        if (id == kNoTensor || !graph_.IsInput(SourceOfParams(graph_, id))) continue;
        for (; !graph_.IsInput(id); id = graph_.Producer(id)->input(0)) {
          nodes_.insert(graph_.Producer(id));
        }
      }
    }
  }

  static constexpr size_t kMostAdjustments = 4;  // no exporter writes more

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
