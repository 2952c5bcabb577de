#include "lib/passes/relayout.h"

#include <algorithm>
#include <type_traits>

namespace qconvert {
namespace {

template <typename T, typename... Ts>
constexpr bool kIsOneOf = (std::is_same_v<T, Ts> || ...);

/// Element by element, broadcasting: the axes of operands and result are the same axes.
template <typename T>
constexpr bool kIsElementwise =
    kIsOneOf<T, Add, Sub, Mul, Div, Maximum, Minimum, SquaredDifference, Pow, FloorDiv, FloorMod,
             Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, LogicalAnd, LogicalOr,
             LogicalNot, Select, Relu, Relu6, ReluN1To1, Relu0To1, Clip, LeakyRelu, PRelu,
             HardSwish, HardSigmoid, Logistic, Tanh, Elu, Gelu, Erf, Abs, Neg, Exp, Log, Sqrt,
             Rsqrt, Square, Sin, Cos, Floor, Ceil, Round, Cast>;

/// The last axis has a meaning, the others only repeat.
template <typename T>
constexpr bool kWorksOnLastAxis = kIsOneOf<T, Softmax, LogSoftmax, BatchNorm, FullyConnected>;

/// Movement along axes that are named by number or counted off.
template <typename T>
constexpr bool kHasAxis = kIsOneOf<T, Concat, Split>;

std::vector<int64_t> Reorder(const std::vector<int64_t>& values, const Permutation& perm) {
  std::vector<int64_t> stored(values.size());
  for (size_t i = 0; i < perm.size(); ++i) stored[static_cast<size_t>(perm[i])] = values[i];
  return stored;
}

/// Returns the order of the axes that stay when some are dropped.
Permutation Without(const Permutation& perm, const std::vector<int>& dropped_axes) {
  std::vector<int> kept;
  for (size_t i = 0; i < perm.size(); ++i) {
    const bool dropped = std::count(dropped_axes.begin(), dropped_axes.end(), i) != 0;
    if (!dropped) kept.push_back(perm[i]);
  }
  Permutation ranks;
  for (int axis : kept) {
    ranks.push_back(static_cast<int>(
        std::count_if(kept.begin(), kept.end(), [&](int other) { return other < axis; })));
  }
  return ranks;
}

class Relayouter {
 public:
  Relayouter(const Graph& graph, const Node& node, const Permutation& perm)
      : graph_(graph), node_(node), perm_(perm) {}

  /// Returns the renumbered operator, after setting stored operands and the result's order.
  template <typename T>
  std::optional<Operator> operator()(T op) {
    if constexpr (kIsElementwise<T>) {
      StoreOperandsThatVary();
      return op;
    } else if constexpr (kWorksOnLastAxis<T>) {
      if (perm_.back() != static_cast<int>(perm_.size()) - 1) return {};
      StoreFirst();
      return op;
    } else if constexpr (kHasAxis<T>) {
      stored_operands.assign(node_.inputs().size(), true);
      op.axis = Stored(op.axis);
      return op;
    } else if constexpr (requires {
                           op.axes;
                           op.keep_dims;
                         }) {
      StoreFirst();
      if (!op.keep_dims) result_perm = Without(perm_, op.axes);
      for (int& axis : op.axes) axis = Stored(axis);
      std::sort(op.axes.begin(), op.axes.end());
      return op;
    } else {
      StoreFirst();
      return Renumber(op);
    }
  }

  std::vector<bool> stored_operands;
  Permutation result_perm;

 private:
  int Stored(int axis) const { return perm_[static_cast<size_t>(axis)]; }

  void StoreFirst() {
    stored_operands.assign(node_.inputs().size(), false);
    stored_operands[0] = true;
  }

  void StoreOperandsThatVary() {
    for (TensorId id : node_.inputs()) {
      stored_operands.push_back(id != kNoTensor && graph_.tensor(id).elements() != 1);
    }
  }

  std::optional<Operator> Renumber(ArgMax op) {
    result_perm = Without(perm_, {op.axis});
    op.axis = Stored(op.axis);
    return op;
  }
  std::optional<Operator> Renumber(Gather op) {
    const size_t index_rank = graph_.tensor(node_.input(1)).rank();
    if (index_rank > 1) return {};
    if (index_rank == 0) result_perm = Without(perm_, {op.axis});
    op.axis = Stored(op.axis);
    return op;
  }
  std::optional<Operator> Renumber(Pad op) {
    op.before = Reorder(op.before, perm_);
    op.after = Reorder(op.after, perm_);
    return op;
  }
  std::optional<Operator> Renumber(MirrorPad op) {
    op.before = Reorder(op.before, perm_);
    op.after = Reorder(op.after, perm_);
    return op;
  }
  std::optional<Operator> Renumber(StridedSlice op) {
    op.begin = Reorder(op.begin, perm_);
    op.stride = Reorder(op.stride, perm_);
    op.size = Reorder(op.size, perm_);
    return op;
  }
  std::optional<Operator> Renumber(Tile op) {
    op.multiples = Reorder(op.multiples, perm_);
    return op;
  }
  std::optional<Operator> Renumber(BroadcastTo op) {
    op.shape = Reorder(op.shape, perm_);
    return op;
  }
  template <typename T>
  std::optional<Operator> Renumber(const T&) {
    return {};
  }

  const Graph& graph_;
  const Node& node_;
  const Permutation& perm_;
};

/// Returns the rank whose axes the node works along: that of the result where operands broadcast.
size_t WorkingRank(const Graph& graph, const Node& node) {
  const bool elementwise = std::visit(
      [](const auto& op) { return kIsElementwise<std::decay_t<decltype(op)>>; }, node.op);
  const TensorId id = elementwise || node.Is<BroadcastTo>() ? node.output() : node.input(0);
  return id == kNoTensor ? 0 : graph.tensor(id).rank();
}

}  // namespace

const LayoutFamily& ChannelsLast() {
  static const LayoutFamily family = {{3, {0, 2, 1}}, {4, {0, 3, 1, 2}}, {5, {0, 4, 1, 2, 3}}};
  return family;
}

std::optional<Relayout> RelayoutNode(const Graph& graph, const Node& node,
                                     const LayoutFamily& family) {
  if (node.inputs().empty()) return {};
  const size_t rank = WorkingRank(graph, node);
  const auto perm = family.find(rank);
  if (perm == family.end()) return {};
  Relayouter relayouter(graph, node, perm->second);
  relayouter.result_perm = perm->second;
  auto op = std::visit(relayouter, node.op);
  if (!op) return {};
  return Relayout{std::move(*op),
                  rank,
                  std::move(relayouter.stored_operands),
                  {node.outputs().size(), relayouter.result_perm}};
}

}  // namespace qconvert
