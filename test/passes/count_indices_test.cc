// TFLite's GATHER takes no negative index.
#include <catch2/catch.hpp>

#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

TEST_CASE("Computed indices are counted from the front", "[passes]") {
  GraphBuilder b;
  const ElementType type = GENERATE(ElementType::kInt32, ElementType::kInt64);
  const TensorId i = b.Input("i", {3}, type);
  b.Output(b.Emit(Gather{1}, {b.Random("x", {2, 5}), i}, "y"));
  const Graph graph = RunPass(CountIndices, b.Build());
  CHECK(NodesOf(graph) == "y/index = FloorMod(i, y/count)\ny = Gather(x, y/index) {axis 1}\n");
  const Tensor indices = type == ElementType::kInt32
                             ? MakeConstantTensor("i", {3}, std::vector<int32_t>{-1, 0, -5})
                             : MakeConstantTensor("i", {3}, std::vector<int64_t>{-1, 0, -5});
  const auto before = RunFloat(b.Build(), {indices}), after = RunFloat(graph, {indices});
  CHECK(after == before);
}

TEST_CASE("Indices that count or are known stay as they are", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 5});
  const TensorId largest = b.Emit(ArgMax{0}, {x}, "largest");
  const TensorId wide = b.Emit(Cast{ElementType::kInt64}, {largest}, "wide");
  b.Output(b.Emit(Gather{0}, {x, wide}, "y"));
  b.Output(b.Emit(Gather{1}, {x, b.Constant<int32_t>("i", {2}, {3, 1})}, "z"));
  const Graph graph = RunPass(CountIndices, b.Build());
  CHECK(NodesOf(graph) == NodesOf(b.Build()));
}

}  // namespace
}  // namespace qconvert
