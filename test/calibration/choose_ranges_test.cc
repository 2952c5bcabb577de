#include "lib/calibration/choose_ranges.h"

#include <catch2/catch.hpp>

#include "lib/calibration/extremes.h"
#include "lib/calibration/sample_extremes.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

const RangeMethod& kMinMax = RangeMethodNamed("min-max");
const RangeMethod& kMovingAverage = RangeMethodNamed("moving-average");
constexpr int64_t kMany = 1 << 16;  // values, of which an average of extremes clips few

/// Evidence of two samples for tensors of one graph: [-1, 1], then [-3, 5]. The moving average of
/// decay 1/2 makes [-2, 3] of it.
Evidence TwoSamples(const Graph& graph) {
  Evidence::Keys keys;
  std::vector<std::unique_ptr<Statistic>> statistics;
  for (const Subject& subject : FloatTensors(graph)) keys.push_back({"extremes", subject.name});
  for (const Subject& subject : FloatTensors(graph)) {
    keys.push_back({"sample extremes", subject.name});
  }
  std::sort(keys.begin(), keys.end());
  for (const Evidence::Key& key : keys) {
    if (key.kind == "extremes") {
      statistics.push_back(std::make_unique<Extremes>(Range{-3, 5}));
    } else {
      statistics.push_back(std::make_unique<SampleExtremes>(std::vector<Range>{{-1, 1}, {-3, 5}}));
    }
  }
  return {{0, 2}, std::make_shared<const Evidence::Keys>(keys), std::move(statistics)};
}

Range RangeOf(const Graph& graph, const std::string& name, const RangeMethod& method) {
  const Ranges ranges = ChooseRanges(graph, TwoSamples(graph), method, {0.5F}).ranges;
  return ranges.at(static_cast<size_t>(graph.FindTensor(name))).value();
}

TEST_CASE("A tensor inside gets the range of the method", "[calibration]") {
  GraphBuilder b;
  const TensorId inside = b.Emit(Relu{}, {b.Input("x", {kMany})}, "inside");
  const Graph graph = b.Output(b.Emit(Neg{}, {inside}, "y")).Build();
  CHECK(RangeOf(graph, "inside", kMovingAverage) == Range{-2, 3});
  CHECK(RangeOf(graph, "inside", kMinMax) == Range{-3, 5});
  CHECK(RangeOf(graph, "x", kMovingAverage) == Range{-2, 3});
}

TEST_CASE("Outputs are never clipped, also where they are moved or joined", "[calibration]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {kMany});
  const TensorId p = b.Emit(Relu{}, {x}, "p"), q = b.Emit(Neg{}, {x}, "q");
  const TensorId joined = b.Emit(Concat{0}, {p, q}, "joined");
  b.Output(b.Emit(Reshape{{2, kMany}}, {joined}, "y"));
  const Graph graph = b.Output(b.Emit(Abs{}, {q}, "z")).Build();
  for (const char* name : {"p", "q", "joined", "y", "z"}) {
    INFO(name);
    CHECK(RangeOf(graph, name, kMovingAverage) == Range{-3, 5});
  }
  CHECK(RangeOf(graph, "x", kMovingAverage) == Range{-2, 3});
}

TEST_CASE("What is compared is never clipped", "[calibration]") {
  const Operator compare =
      GENERATE(Operator(Softmax{}), Operator(LogSoftmax{}), Operator(ArgMax{1}));
  GraphBuilder b;
  const TensorId logits = b.Emit(Neg{}, {b.Input("x", {kMany})}, "logits");
  const TensorId moved = b.Emit(Reshape{{1, kMany}}, {logits}, "moved");
  b.Output(b.Emit(Neg{}, {b.Emit(Relu{}, {moved}, "beside")}, "z"));
  const TensorId compared = b.Emit(compare, {moved}, "compared");
  const Graph graph = b.Output(b.Emit(Reshape{{1}}, {b.Constant<float>("c", {1}, {0})})).Build();
  CHECK(graph.FindTensor("compared") == compared);
  CHECK(RangeOf(graph, "logits", kMovingAverage) == Range{-3, 5});
  CHECK(RangeOf(graph, "moved", kMovingAverage) == Range{-3, 5});
  CHECK(RangeOf(graph, "beside", kMovingAverage) == Range{-2, 3});
}

TEST_CASE("A tensor of few values is never clipped", "[calibration]") {
  GraphBuilder b;
  const TensorId few = b.Emit(Mean{{1}, false}, {b.Input("x", {8, kMany})}, "few");
  const Graph graph = b.Output(b.Emit(Neg{}, {few}, "y")).Build();
  CHECK(RangeOf(graph, "few", kMovingAverage) == Range{-3, 5});
  CHECK(RangeOf(graph, "x", kMovingAverage) == Range{-2, 3});
}

TEST_CASE("One-sided ranges are relaxed to include zero", "[calibration]") {
  GraphBuilder b;
  const Graph graph = b.Output(b.Emit(Neg{}, {b.Input("x", {2})}, "y")).Build();
  const auto relaxed = [&](Range seen) {
    const auto keys = std::make_shared<const Evidence::Keys>(Evidence::Keys{{"extremes", "x"}});
    std::vector<std::unique_ptr<Statistic>> statistics;
    statistics.push_back(std::make_unique<Extremes>(seen));
    const Ranges ranges =
        ChooseRanges(graph, {{0, 1}, keys, std::move(statistics)}, kMinMax, {}).ranges;
    CHECK_FALSE(ranges[static_cast<size_t>(graph.FindTensor("y"))]);  // it was not observed
    return ranges[static_cast<size_t>(graph.FindTensor("x"))].value();
  };
  CHECK(relaxed({2.1F, 3.5F}) == Range{0, 3.5F});
  CHECK(relaxed({-3.5F, -2.1F}) == Range{-3.5F, 0});
  CHECK(relaxed({-1, 1}) == Range{-1, 1});
}

}  // namespace
}  // namespace qconvert
