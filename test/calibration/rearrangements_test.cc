#include "lib/calibration/rearrangements.h"

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// The range of a Concat whose own is [-1, 1], behind tensors of [-2, 3], after KeepRearranged.
Range RangeOfConcat(bool of_one_tensor) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {3, 8});
  const TensorId front = b.Emit(StridedSlice{{0, 0}, {1, 1}, {1, 8}}, {x});
  const TensorId back = b.Emit(StridedSlice{{1, 0}, {1, 1}, {2, 8}},
                               {b.Emit(Reshape{{3, 8}}, {of_one_tensor ? x : b.Input("z", {24})})});
  const TensorId rolled = b.Emit(Concat{0}, {back, front}, "rolled");
  const Graph graph = b.Output(rolled).Build();
  Ranges ranges(static_cast<size_t>(graph.tensor_count()), Range{-2, 3});
  ranges[static_cast<size_t>(rolled)] = Range{-1, 1};
  KeepRearranged(graph, ranges);
  return *ranges[static_cast<size_t>(rolled)];
}

TEST_CASE("A Concat that rolls a tensor keeps its range", "[calibration]") {
  CHECK(RangeOfConcat(true) == Range{-2, 3});
  CHECK(RangeOfConcat(false) == Range{-1, 1});
}

}  // namespace
}  // namespace qconvert
