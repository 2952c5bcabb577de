#include "lib/calibration/pad_ranges.h"

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// Ranges of [-1, 2] for a Pad's operand, behind a Reshape, after CoverPads.
std::optional<Range> Covered(float value, Range range = {-1, 2}) {
  GraphBuilder b;
  const TensorId x = b.Emit(Tanh{}, {b.Input("in", {4})}, "x");
  const TensorId moved = b.Emit(Reshape{{2, 2}}, {x}, "moved");
  const Graph graph = b.Output(b.Emit(Pad{{1, 0}, {0, 0}, value}, {moved}, "y")).Build();
  Ranges ranges(static_cast<size_t>(graph.tensor_count()));
  ranges[static_cast<size_t>(x)] = range;
  CoverPads(graph, ranges);
  return ranges[static_cast<size_t>(x)];
}

TEST_CASE("A Pad's value widens the range of what it pads, also through moves", "[calibration]") {
  CHECK(Covered(9) == Range{-1, 9});
  CHECK(Covered(-3) == Range{-3, 2});
  CHECK(Covered(1) == Range{-1, 2});
}

TEST_CASE("A value that would leave the data few steps widens nothing", "[calibration]") {
  CHECK(Covered(47) == Range{-1, 47});  // 16 times as wide
  CHECK(Covered(48) == Range{-1, 2});
  CHECK(Covered(-1e9F) == Range{-1, 2});
  CHECK(Covered(1, {0, 0}) == Range{0, 0});
}

}  // namespace
}  // namespace qconvert
