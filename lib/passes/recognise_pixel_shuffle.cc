// Recognises pixel shuffles and unshuffles, whose channels may have any order that the weights
// beside them can take over.
//
//     Conv2D {W} -> Reshape -> Transpose -> Reshape -> y  =>  Conv2D {W'} -> DepthToSpace -> y
//     x -> Reshape -> Transpose -> Reshape -> Conv2D {W}  =>  x -> SpaceToDepth -> Conv2D {W'}
//
// ONNX's CRD and torch's pixel_shuffle have the pixels of a block side by side in one channel,
// TFLite has the channels of a pixel side by side. The operand and the result may be channels
// first: then Transposes stand around the block's operator, for layouts to cancel.
#include <optional>
#include <vector>

#include "lib/passes/channel_order.h"
#include "lib/passes/movement_trace.h"
#include "lib/passes/passes.h"
#include "lib/passes/relayout.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// [N,H,W,b*b*C] and [N,H*b,W*b,C], the same elements.
struct Blocks {
  Shape depth, space;
  int64_t size = 0;

  std::vector<Operator> ToSpace() const {
    return {Reshape{{depth[0], depth[1], depth[2], size, size, space[3]}},
            Transpose{{0, 1, 3, 2, 4, 5}}, Reshape{space}};
  }
  std::vector<Operator> ToDepth() const {
    return {Reshape{{depth[0], depth[1], size, depth[2], size, space[3]}},
            Transpose{{0, 1, 3, 2, 4, 5}}, Reshape{depth}};
  }
};

std::optional<Blocks> BlocksOf(const Shape& depth, const Shape& space) {
  const int64_t size = space[1] / depth[1];
  const Shape expected = {depth[0], depth[1] * size, depth[2] * size, space[3]};
  const bool fits = size > 1 && space == expected && depth[3] == size * size * space[3];
  return fits ? std::optional(Blocks{depth, space, size}) : std::nullopt;
}

const Permutation& ToChannelsFirst() { return ChannelsLast().at(4); }

Shape InChannelsLast(const Shape& shape, bool channels_first) {
  return channels_first ? PermuteShape(shape, Inverse(ToChannelsFirst())) : shape;
}

/// Appends operators to a chain; returns false when it cannot follow them.
bool AppendAll(Movement& chain, const std::vector<Operator>& operators) {
  for (const Operator& op : operators) {
    if (!chain.Append(op)) return false;
  }
  return true;
}

class ShuffleRecogniser {
 public:
  explicit ShuffleRecogniser(Graph& graph) : graph_(graph), trace_(graph) {}

  /// Rewrites one chain; returns whether there was one.
  bool Run() {
    for (TensorId id = 0; id < graph_.tensor_count(); ++id) {
      if (!trace_.IsMoved(id) || graph_.tensor(id).rank() != 4 || !graph_.IsUsed(id)) continue;
      if (graph_.tensor(trace_[id].root).rank() != 4 || trace_[id].movement.KeepsOrder()) continue;
      for (const bool first : {false, true}) {
        if (TryToSpace(id, first, false) || TryToSpace(id, first, true)) return true;
        if (TryToDepth(id, first)) return true;
      }
    }
    return false;
  }

 private:
  /// Returns the chain from the root, stored channels last, to `id`.
  std::optional<Movement> ChainTo(TensorId id, bool root_is_first) const {
    const Origin& origin = trace_[id];
    Movement chain(InChannelsLast(origin.movement.input_shape(), root_is_first));
    if (root_is_first) chain.AppendTranspose(ToChannelsFirst());
    return AppendAll(chain, origin.movement.Operators()) ? std::optional(chain) : std::nullopt;
  }

  bool TryToSpace(TensorId id, bool root_is_first, bool result_is_first) {
    auto chain = ChainTo(id, root_is_first);
    const auto blocks = BlocksOf(InChannelsLast(trace_[id].movement.input_shape(), root_is_first),
                                 InChannelsLast(graph_.tensor(id).shape, result_is_first));
    if (!chain || !blocks) return false;
    if (result_is_first) chain->AppendTranspose(Inverse(ToChannelsFirst()));
    if (!AppendAll(*chain, blocks->ToDepth())) return false;
    const auto columns = chain->Reversed().UndoneInColumns(1);
    if (!columns) return false;
    const TensorId root = trace_[id].root;
    if (!columns->KeepsOrder()) {
      Node* producer = ReorderableProducer(graph_, root, root_is_first);
      if (producer == nullptr || !trace_.HoldsAllOfRoot(graph_, id)) return false;
      ReorderOutputs(graph_, *producer, columns->Sources());
    }
    Rewrite(id, DepthToSpace{static_cast<int>(blocks->size)}, root_is_first, result_is_first);
    return true;
  }

  bool TryToDepth(TensorId id, bool root_is_first) {
    const auto blocks = BlocksOf(graph_.tensor(id).shape,
                                 InChannelsLast(trace_[id].movement.input_shape(), root_is_first));
    const auto chain = ChainTo(id, root_is_first);
    if (!chain || !blocks) return false;
    Movement after_blocks(blocks->depth);
    if (!AppendAll(after_blocks, blocks->ToSpace())) return false;
    if (!AppendAll(after_blocks, chain->Operators())) return false;
    const auto columns = after_blocks.UndoneInColumns(1);
    if (!columns || !(columns->KeepsOrder() || ReordersReaders(id, columns->Sources()))) {
      return false;
    }
    Rewrite(id, SpaceToDepth{static_cast<int>(blocks->size)}, root_is_first, false);
    return true;
  }

  bool ReordersReaders(TensorId id, const std::vector<int64_t>& sources) {
    const std::vector<Node*> readers = graph_.Consumers(id);
    for (const Node* reader : readers) {
      if (!HasReorderableInputs(graph_, *reader) || reader->input(0) != id) return false;
    }
    if (graph_.IsOutput(id)) return false;
    for (Node* reader : readers) ReorderInputs(graph_, *reader, sources);
    return true;
  }

  void Rewrite(TensorId id, Operator op, bool root_is_first, bool result_is_first) {
    const Node& place = *graph_.Producer(id);
    const std::string name = graph_.tensor(id).name;
    TensorId moved = trace_[id].root;
    if (root_is_first) {
      moved =
          EmitBefore(graph_, place, Transpose{Inverse(ToChannelsFirst())}, {moved}, name + "/nhwc");
    }
    moved = EmitBefore(graph_, place, std::move(op), {moved}, name + "/blocks");
    if (result_is_first) {
      moved = EmitBefore(graph_, place, Transpose{ToChannelsFirst()}, {moved}, name + "/nchw");
    }
    graph_.SwapNames(moved, id);
    graph_.ReplaceUses(id, moved);
    DropDead(graph_);
  }

  Graph& graph_;
  MovementTrace trace_;
};

}  // namespace

void RecognisePixelShuffle(Graph& graph) {
  MergeMovements(graph);  // readers of one chain then read one tensor
  while (ShuffleRecogniser(graph).Run()) {
  }
}

}  // namespace qconvert
