// Lets reductions over an axis that a Reshape merged see the axes that it was made of.
//
//     x [N,C,H,W] -> Reshape [N,G,L] -> Mean {2}, Sub, ... -> y [N,G,L]
//  => x [N,C,H,W] -> Reshape [N,G,C/G,H,W] -> Mean {2,3,4}, Sub, ... -> y [N,G,C/G,H,W]
//
// So is a group norm written where there is only an instance norm. Channels last, no order of axes
// has the merged one.
#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "lib/ops/op.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

constexpr int kMerged = 2;         // the axis
constexpr size_t kMostNodes = 64;  // of a region; a norm has a dozen

bool IsMergedReduction(const Node& node) {
  return std::visit(
      [](const auto& attributes) {
        if constexpr (requires { attributes.keep_dims; }) {
          return attributes.keep_dims && attributes.axes == std::vector<int>{kMerged};
        }
        return false;
      },
      node.op);
}

/// The nodes that compute with [N,G,L] or [N,G,1] from a Reshape on, up to Reshapes.
class Region {
 public:
  Region(const Graph& graph, const Node& reshape) : graph_(graph) { Add(reshape.output()); }

  /// Returns whether all of them can compute with the axes apart, and it is of use.
  bool Grow() {
    bool reduces = false;
    for (size_t next = 0; next < tensors_.size(); ++next) {
      if (graph_.IsOutput(tensors_[next]) || tensors_.size() > kMostNodes) return false;
      for (Node* reader : graph_.Consumers(tensors_[next])) {
        if (reader->Is<Reshape>() || known_.count(reader->output()) != 0) continue;
        if (!Follows(*reader)) return false;
        reduces = reduces || IsMergedReduction(*reader);
        Add(reader->output());
      }
    }
    return reduces && std::all_of(tensors_.begin() + 1, tensors_.end(), [&](TensorId id) {
             return OperandsFollow(*graph_.Producer(id));
           });
  }

  /// Nodes in the order in which they were found; the first tensor is the Reshape's.
  const std::vector<TensorId>& tensors() const { return tensors_; }
  bool Has(TensorId id) const { return known_.count(id) != 0; }

 private:
  void Add(TensorId id) {
    tensors_.push_back(id);
    known_.insert(id);
  }

  static bool Follows(const Node& node) {
    if (node.outputs().size() != 1) return false;
    return IsMergedReduction(node) || OpOf(node).axes.kind == AxesRule::kElementwise;
  }

  /// Constants must be the same along the merged axis.
  bool OperandsFollow(const Node& node) const {
    return std::all_of(node.inputs().begin(), node.inputs().end(), [&](TensorId id) {
      if (id == kNoTensor || Has(id)) return true;
      const Tensor& operand = graph_.tensor(id);
      if (!operand.is_constant() || operand.rank() > 3) return false;
      return operand.rank() == 0 || operand.shape.back() == 1;
    });
  }

  const Graph& graph_;
  std::vector<TensorId> tensors_;
  std::set<TensorId> known_;
};

/// Returns [N,G,C/G,H,W] without axes of size 1, or nothing when G does not divide the channels.
Shape Apart(const Shape& from, const Shape& merged) {
  const int64_t channels = from[1], groups = merged[1];
  if (merged[0] != from[0] || channels % groups != 0) return {};
  Shape shape = {merged[0], groups};
  if (channels != groups) shape.push_back(channels / groups);
  shape.insert(shape.end(), from.begin() + 2, from.end());
  return shape;
}

/// Gives a constant as many axes behind its last one of size 1 as there are more.
void Widen(Graph& graph, Node& node, size_t operand, size_t rank) {
  const TensorId id = node.input(operand);
  if (graph.tensor(id).elements() == 1) return;
  Shape shape = graph.tensor(id).shape;
  shape.insert(shape.end(), rank - 3, 1);
  graph.SetInput(node, operand,
                 EmitBefore(graph, node, Reshape{shape}, {id}, graph.tensor(id).name + "/apart"));
}

void SplitRegion(Graph& graph, Node& reshape, const Region& region, const Shape& apart) {
  std::vector<int> axes(apart.size() - kMerged);
  std::iota(axes.begin(), axes.end(), kMerged);
  ForEachNode(graph, [&](Node& node) {
    if (!region.Has(node.output())) return;
    if (&node == &reshape) {
      node.op = Reshape{apart};
    } else {
      std::visit(
          [&](auto& attributes) {
            if constexpr (requires { attributes.keep_dims; }) attributes.axes = axes;
          },
          node.op);
      for (size_t i = 0; i < node.inputs().size(); ++i) {
        if (node.has_input(i) && !region.Has(node.input(i))) Widen(graph, node, i, apart.size());
      }
    }
    Reinfer(graph, node);
  });
}

}  // namespace

void SplitGroups(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (!node.Is<Reshape>()) return;
    const Shape from = graph.tensor(node.input(0)).shape,
                merged = graph.tensor(node.output()).shape;
    if (from.size() < 3 || merged.size() != 3 || from == merged || NumElements(merged) == 0) return;
    const Shape apart = Apart(from, merged);
    Region region(graph, node);
    if (!apart.empty() && region.Grow()) SplitRegion(graph, node, region, apart);
  });
  FoldConstants(graph);
}

}  // namespace qconvert
