// Writes each chain of Transposes and Reshapes with the fewest operators.
//
//     x -> Transpose {0,3,1,2} -> Transpose {0,2,3,1} -> y        x
//     x [1,1,1,C] -> Transpose {0,3,1,2} -> Reshape -> y      =>  x -> Reshape -> y
//     x -> Reshape -> Transpose -> Reshape -> Transpose -> y      x -> Reshape -> Transpose ->
//     Reshape
//
// Chains that start alike share their beginning. A tensor that is left with the name of a step of
// an ONNX node gets the name of the node's result.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "lib/passes/movement_trace.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

class MovementMerger {
 public:
  explicit MovementMerger(Graph& graph) : graph_(graph), trace_(graph) {}

  void Run() {
    const TensorId count = graph_.tensor_count();
    for (TensorId id = 0; id < count; ++id) {
      if (!trace_.IsMoved(id)) continue;
      const std::vector<Node*> readers = trace_.Readers(graph_, id);
      const bool is_read = !readers.empty() || graph_.IsOutput(id);
      if (!is_read || !ReplaceMoved(id, readers)) PassOnName(id);
    }
  }

 private:
  /// Returns whether a new tensor took over; else the readers of `id` now read its root.
  bool ReplaceMoved(TensorId id, const std::vector<Node*>& readers) {
    const Origin& origin = trace_[id];
    TensorId moved = origin.root;
    for (const Operator& op : origin.movement.Operators()) moved = Emit(moved, op, id);
    for (Node* reader : readers) {
      for (size_t i = 0; i < reader->inputs().size(); ++i) {
        if (reader->input(i) == id) graph_.SetInput(*reader, i, moved);
      }
    }
    std::replace(graph_.outputs.begin(), graph_.outputs.end(), id, moved);
    if (moved == origin.root) return false;
    if (!named_[moved]) graph_.SwapNames(moved, id);
    named_[moved] = true;
    return true;
  }

  /// Gives the name of a tensor that goes to its root, if the root was named after it: "x/Conv2D",
  /// of which a Transpose made x, becomes x.
  void PassOnName(TensorId id) {
    const TensorId root = trace_[id].root;
    const std::string prefix = graph_.tensor(id).name + "/";
    if (graph_.tensor(root).name.starts_with(prefix)) graph_.SwapNames(root, id);
  }

  /// Returns the tensor that `op` makes of `from`; the same as before if it was asked before.
  TensorId Emit(TensorId from, const Operator& op, TensorId wanted) {
    const auto* reshape = std::get_if<Reshape>(&op);
    const Key key{from, reshape == nullptr,
                  reshape != nullptr ? reshape->shape : Widened(std::get<Transpose>(op).perm)};
    const auto found = emitted_.find(key);
    if (found != emitted_.end()) return found->second;
    const std::string name =
        graph_.tensor(wanted).name + (reshape != nullptr ? "/reshaped" : "/transposed");
    const Node* producer = graph_.Producer(from);
    return emitted_[key] = producer != nullptr
                               ? EmitAfter(graph_, *producer, op, {from}, name)
                               : EmitBefore(graph_, graph_.nodes().front(), op, {from}, name);
  }

  static std::vector<int64_t> Widened(const Permutation& perm) {
    return {perm.begin(), perm.end()};
  }

  struct Key {
    TensorId from;
    bool is_transpose;
    std::vector<int64_t> attributes;
    auto operator<=>(const Key&) const = default;
  };

  Graph& graph_;
  MovementTrace trace_;
  std::map<Key, TensorId> emitted_;
  std::map<TensorId, bool> named_;
};

}  // namespace

void MergeMovements(Graph& graph) {
  MovementMerger(graph).Run();
  DropDead(graph);
}

}  // namespace qconvert
