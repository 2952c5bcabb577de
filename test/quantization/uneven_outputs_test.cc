#include "lib/quantization/uneven_outputs.h"

#include <catch2/catch.hpp>

#include "lib/quantization/plan.h"
#include "lib/quantization/sensitive_nodes.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// Boxes of up to `pixels` and scores of up to 1, joined, moved, and joined with nothing.
struct Detector {
  explicit Detector(float pixels, bool is_output = true) {
    const TensorId boxes = b.Emit(Relu{}, {b.Input("boxes", {8, 4})}, "b");
    const TensorId scores = b.Emit(Relu{}, {b.Input("scores", {8, 4})}, "s");
    const TensorId joined = b.Emit(Concat{1}, {boxes, scores}, "joined");
    const TensorId moved = b.Emit(Reshape{{64}}, {joined}, "moved");
    b.Output(is_output ? moved : b.Emit(Neg{}, {moved}, "y"));
    graph = b.Build();
    ranges.resize(static_cast<size_t>(graph.tensor_count()), Range{0, 1});
    for (const char* name : {"b", "joined", "moved"}) {
      ranges[static_cast<size_t>(graph.FindTensor(name))] = Range{0, pixels};
    }
  }
  GraphBuilder b;
  Graph graph;
  Ranges ranges;
};

TEST_CASE("An output that joins uneven ranges is found with what moves it", "[quantization]") {
  const Detector detector(320);
  CHECK(FindUnevenOutputs(detector.graph, detector.ranges).size() == 2);
}

TEST_CASE("Even ranges, and joins inside the network, are left alone", "[quantization]") {
  const Detector even(15), inside(320, false);
  CHECK(FindUnevenOutputs(even.graph, even.ranges).empty());
  CHECK(FindUnevenOutputs(inside.graph, inside.ranges).empty());
}

TEST_CASE("Uneven outputs are kept in float with the reason", "[quantization]") {
  const Detector detector(320);
  PrecisionPlan precision;
  KeepUnevenOutputsFloat(detector.graph, detector.ranges, precision);
  REQUIRE(precision.exceptions.size() == 2);
  CHECK_FALSE(precision.exceptions.begin()->second.reason.empty());
  const QuantizationPlan plan = Plan(detector.graph, detector.ranges, precision, {});
  CHECK(plan.warnings.empty());
  const Node* join = detector.graph.Producer(detector.graph.FindTensor("joined"));
  CHECK_FALSE(plan.IsInteger(*join));
  CHECK(plan.IsInteger(*detector.graph.Producer(detector.graph.FindTensor("s"))));
}

}  // namespace
}  // namespace qconvert
