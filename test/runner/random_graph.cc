#include "test/runner/random_graph.h"

#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

/// All tensors are [rows, 8], or [2 rows, 4] after a Reshape.
class Grower {
 public:
  explicit Grower(uint64_t seed) : random_(seed) {
    for (const char* name : {"a", "b"}) {
      tensors_.push_back(builder_.Input(name, {random_.Integer(1, 40), 8}));
    }
    tensors_.push_back(builder_.Random("c", {5, 8}));
  }

  Graph Grow(int nodes) {
    for (int i = 0; i < nodes; ++i) tensors_.push_back(AddNode(Any()));
    for (int i = 0; i < 3; ++i) builder_.Output(Any());
    builder_.Output(tensors_.back());
    return builder_.Build();
  }

 private:
  TensorId Any() {
    const auto last = static_cast<int64_t>(tensors_.size()) - 1;
    // Mostly recent ones, so that lifetimes differ.
    const int64_t back = random_.Integer(0, 2) == 0 ? last : std::min<int64_t>(last, 4);
    return tensors_[static_cast<size_t>(last - random_.Integer(0, back))];
  }

  TensorId AddNode(TensorId x) {
    const Shape shape = builder_.tensor(x).shape;
    switch (random_.Integer(0, 5)) {
      case 0:
        return builder_.Emit(Relu{}, {x});
      case 1:
        return builder_.Emit(Neg{}, {x});
      case 2:
        return builder_.Emit(Sub{}, {x, builder_.Emit(Neg{}, {x})});
      case 3:
        return builder_.Emit(Transpose{{1, 0}}, {x});
      case 4:
        return builder_.Emit(Reshape{{shape[1], shape[0]}}, {x});
      default:
        return Join(x, Any());
    }
  }

  /// Concatenates two tensors, cut to 16 rows each so that the graph does not grow for ever.
  TensorId Join(TensorId x, TensorId y) { return builder_.Emit(Concat{0}, {Cut(x), Cut(y)}); }

  TensorId Cut(TensorId x) {
    const int64_t count = builder_.tensor(x).elements();
    const TensorId flat = builder_.Emit(Reshape{{count / 8, 8}}, {x});
    if (count <= 128) return flat;
    return builder_.Emit(StridedSlice{{0, 0}, {1, 1}, {16, 8}}, {flat});
  }

  GraphBuilder builder_;
  Random random_;
  std::vector<TensorId> tensors_;
};

}  // namespace

Graph RandomGraph(uint64_t seed, int nodes) { return Grower(seed).Grow(nodes); }

}  // namespace qconvert
