#include "lib/calibration/softmax_ranges.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/calibration/row_maxima.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

constexpr int64_t kColumns = 8;

/// Evidence that the largest scores of rows lie from `lowest` to `highest`.
Evidence Rows(const std::string& tensor, float lowest, float highest) {
  const auto keys = std::make_shared<const Evidence::Keys>(Evidence::Keys{{"row maxima", tensor}});
  std::vector<std::unique_ptr<Statistic>> statistics;
  statistics.push_back(std::make_unique<RowMaxima>(Range{lowest, highest}));
  return {{0, 1}, keys, std::move(statistics)};
}

/// Ranges of a graph's tensors by name, and what ClipToSoftmaxes makes of them.
class Clipped {
 public:
  Clipped(const Graph& graph, const Evidence& evidence,
          const std::vector<std::pair<std::string, Range>>& ranges)
      : graph_(graph), ranges_(static_cast<size_t>(graph.tensor_count())) {
    for (const auto& [name, range] : ranges) ranges_[Index(name)] = range;
    ClipToSoftmaxes(graph, evidence, ranges_, kInt8Steps);
  }

  std::optional<Range> operator[](const std::string& name) const { return ranges_[Index(name)]; }

 private:
  size_t Index(const std::string& name) const {
    return static_cast<size_t>(graph_.FindTensor(name));
  }

  const Graph& graph_;
  Ranges ranges_;
};

/// All values below it have together less than half a step of 1/256 beside a maximum of 0.
const float kReach = std::log(2 * 256 * static_cast<float>(kColumns));

void CheckRange(const std::optional<Range>& range, float min, float max) {
  REQUIRE(range);
  CHECK(range->min == Approx(min));
  CHECK(range->max == Approx(max));
}

TEST_CASE("Masked scores are clipped where all of them have less than half a step",
          "[calibration]") {
  GraphBuilder b;
  const TensorId mask = b.Constant<float>("mask", {2}, {0, -10000});
  const TensorId wide = b.Emit(BroadcastTo{{4, kColumns}}, {b.Input("m", {1, kColumns})}, "wide");
  const TensorId sum = b.Emit(Add{}, {b.Input("s", {4, kColumns}), wide}, "sum");
  const Graph graph = b.Output(b.Emit(Softmax{}, {sum})).Output(mask).Build();
  const Clipped clipped(graph, Rows("sum", 1, 3),
                        {{"s", {-3, 4}},
                         {"m", {-10000, 0}},
                         {"wide", {-10000, 0}},  //
                         {"sum", {-10003, 4}}});
  // Rows differ by 2, so others may lie 2 below the lowest.
  const float lowest = 1 - 2 - kReach;
  CheckRange(clipped["sum"], lowest, 4);
  CheckRange(clipped["wide"], lowest - 4, 0);  // the largest score stays masked
  CheckRange(clipped["m"], lowest - 4, 0);
  CheckRange(clipped["s"], -3, 4);
  CHECK_FALSE(clipped["mask"]);  // an output of the model
  // What is clipped has together less than half a step, whatever the row.
  CHECK(static_cast<float>(kColumns) * std::exp(lowest - (1 - 2)) <= 1.001F / 512);
}

TEST_CASE("A constant mask saturates where its sum does", "[calibration]") {
  const float factor = GENERATE(0.125F, 1.0F);
  GraphBuilder b;
  const TensorId mask = b.Constant<float>("mask", {kColumns}, {0, 2, 0, 0, 0, 0, 0, -10000});
  const TensorId sum = b.Emit(Add{}, {mask, b.Input("s", {4, kColumns})}, "sum");
  const TensorId product = b.Emit(Mul{}, {sum, b.Scalar(factor)}, "product");
  const Graph graph = b.Output(b.Emit(Softmax{}, {product})).Build();
  const Clipped clipped(
      graph, Rows("product", 1, 1),
      {{"s", {-3, 4}}, {"sum", {-10003, 4}}, {"product", {-10003 * factor, 4 * factor}}});
  CheckRange(clipped["sum"], (1 - kReach) / factor, 4);
  CheckRange(clipped["mask"], (1 - kReach) / factor - 4, 2);
}

TEST_CASE("A mask that is subtracted is clipped at its upper end", "[calibration]") {
  GraphBuilder b;
  const TensorId mask = b.Constant<float>("mask", {kColumns}, {0, 0, 0, 0, 0, 0, 0, 10000});
  const TensorId sum = b.Emit(Sub{}, {b.Input("s", {4, kColumns}), mask}, "sum");
  const Graph graph = b.Output(b.Emit(Softmax{}, {sum})).Build();
  const Clipped clipped(graph, Rows("sum", 1, 1), {{"s", {-3, 4}}, {"sum", {-10003, 4}}});
  CheckRange(clipped["mask"], 0, 4 - (1 - kReach));
}

TEST_CASE("What makes a mask of 0 and 1 keeps its range", "[calibration]") {
  GraphBuilder b;
  const TensorId mask = b.Emit(Mul{}, {b.Input("m", {1, kColumns}), b.Scalar(-10000)}, "mask");
  const TensorId sum = b.Emit(Add{}, {b.Input("s", {4, kColumns}), mask}, "sum");
  const Graph graph = b.Output(b.Emit(Softmax{}, {sum})).Build();
  const Clipped clipped(
      graph, Rows("sum", 1, 1),
      {{"s", {-3, 4}}, {"m", {0, 1}}, {"mask", {-10000, 0}}, {"sum", {-10003, 4}}});
  CheckRange(clipped["m"], 0, 1);
  CheckRange(clipped["mask"], 1 - kReach - 4, 0);
}

TEST_CASE("Scores that somebody else reads keep their range", "[calibration]") {
  const int reader = GENERATE(0, 1, 2);
  GraphBuilder b;
  const TensorId sum = b.Emit(Add{}, {b.Input("s", {4, kColumns}), b.Input("m", {kColumns})}, "a");
  b.Output(b.Emit(Softmax{}, {sum}));
  if (reader == 0) b.Output(sum);
  if (reader == 1) b.Output(b.Emit(Tanh{}, {sum}));
  if (reader == 2) b.Output(b.Emit(LogSoftmax{}, {sum}));  // tells how small a probability is
  const Graph graph = b.Build();
  const Clipped clipped(graph, Rows("a", 1, 1),
                        {{"s", {-3, 4}}, {"m", {-10000, 0}}, {"a", {-10003, 4}}});
  CheckRange(clipped["a"], -10003, 4);
  CheckRange(clipped["m"], -10000, 0);
}

TEST_CASE("Scores without a mask, and what was not observed, keep their range", "[calibration]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {4, kColumns});
  b.Output(b.Emit(Softmax{}, {b.Emit(Neg{}, {x}, "seen")}));
  const Graph graph = b.Output(b.Emit(Softmax{}, {b.Emit(Abs{}, {x}, "unseen")})).Build();
  const Clipped clipped(graph, Rows("seen", 4, 20), {{"seen", {-15, 20}}, {"unseen", {-500, 4}}});
  CheckRange(clipped["seen"], -15, 20);
  CheckRange(clipped["unseen"], -500, 4);
}

RowMaxima Observed(const Graph& graph, const std::vector<float>& values) {
  const Subject subject{"x", graph.FindTensor("x")};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return As<RowMaxima>(*RowMaxima::kKind.observe(graph, subject, {0, values, {*low, *high}}));
}

TEST_CASE("Maxima of rows leave out rows that are masked altogether", "[calibration]") {
  GraphBuilder b;
  const Graph graph = b.Output(b.Emit(Softmax{}, {b.Input("x", {3, 2})})).Build();
  CHECK(Observed(graph, {1, -10000, 3, 2, -200, -201}).range() == Range{-200, 3});
  CHECK(Observed(graph, {1, -10000, 3, 2, -10000, -9999}).range() == Range{1, 3});
  CHECK(Observed(graph, {-9e3F, -1e4F, -9e3F, -1e4F, -9e3F, -1e4F}).range() == Range{-9e3F, -9e3F});
}

TEST_CASE("Maxima of rows merge whatever the order, and survive a file", "[calibration]") {
  RowMaxima one({1, 3}), other({-1, 2});
  RowMaxima turned = other;
  turned.Append(RowMaxima(one));
  one.Append(std::move(other));
  CHECK(one.range() == Range{-1, 3});
  CHECK(turned.range() == one.range());
  ByteWriter writer;
  one.Write(writer);
  const std::vector<std::byte> bytes = writer.Take();
  ByteReader reader(bytes);
  CHECK(As<RowMaxima>(*RowMaxima::kKind.read(reader, {0, 2})).range() == one.range());
}

}  // namespace
}  // namespace qconvert
