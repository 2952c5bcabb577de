// Writes each chain of Transposes and Reshapes with the fewest operators.
//
//     x -> Transpose {0,3,1,2} -> Transpose {0,2,3,1} -> y        x
//     x [1,1,1,C] -> Transpose {0,3,1,2} -> Reshape -> y      =>  x -> Reshape -> y
//     x -> Reshape -> Transpose -> Reshape -> Transpose -> y      x -> Reshape -> Transpose ->
//     Reshape
//
// Chains that start alike share their beginning.
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
      if (!readers.empty() || graph_.IsOutput(id)) ReplaceMoved(id, readers);
    }
  }

 private:
  void ReplaceMoved(TensorId id, const std::vector<Node*>& readers) {
    const Origin& origin = trace_[id];
    TensorId moved = origin.root;
    for (const Operator& op : origin.movement.Operators()) moved = Emit(moved, op, id);
    for (Node* reader : readers) {
      for (size_t i = 0; i < reader->inputs().size(); ++i) {
        if (reader->input(i) == id) graph_.SetInput(*reader, i, moved);
      }
    }
    std::replace(graph_.outputs.begin(), graph_.outputs.end(), id, moved);
    if (moved != origin.root && !named_[moved]) graph_.SwapNames(moved, id);
    named_[moved] = true;
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
