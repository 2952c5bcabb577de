#include "lib/passes/equalize.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/passes/linear.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

constexpr Window kSame{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};

/// Random values whose channels along the last axis, or the first, differ up to 2^10 times.
TensorId Uneven(GraphBuilder& b, const std::string& name, Shape shape, bool last) {
  const auto count = static_cast<size_t>(NumElements(shape));
  std::vector<float> values = RandomFloats(count, shape.size() + count);
  const size_t channels = static_cast<size_t>(last ? shape.back() : shape.front());
  for (size_t i = 0; i < count; ++i) {
    const size_t c = last ? i % channels : i / (count / channels);
    values[i] *= std::exp2(static_cast<float>(c * 7 % 11) - 5);
  }
  return b.Constant<float>(name, std::move(shape), std::move(values));
}

/// x -> expand -> depthwise -> project, whose channels differ widely.
Graph Triple(Activation activation) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 3});
  const TensorId wide =
      b.Emit(Conv2D{{}, activation}, {x, Uneven(b, "w1", {8, 1, 1, 3}, false), b.Random("b1", {8})},
             "expand");
  const TensorId deep =
      b.Emit(DepthwiseConv2D{kSame, activation},
             {wide, Uneven(b, "w2", {1, 3, 3, 8}, true), b.Random("b2", {8})}, "depthwise");
  return b.Output(b.Emit(Conv2D{}, {deep, b.Random("w3", {5, 1, 1, 8})}, "project")).Build();
}

std::set<std::string> AllFirsts(Graph& graph) {
  std::set<std::string> firsts;
  for (const auto& chain : EqualizableChains(graph)) firsts.insert(chain.begin(), chain.end());
  return firsts;
}

/// Returns the ranges of channels of both inner tensors on the samples of seeds 1 to 20.
ChannelRanges RangesOf(const Graph& graph) {
  ChannelRanges ranges;
  for (const Node& node : graph.nodes()) {
    Graph cut = graph;
    cut.outputs = {node.output()};
    cut.output_names = {"cut"};
    std::vector<Range>& shown = ranges[graph.tensor(node.output()).name];
    const auto channels = static_cast<size_t>(graph.tensor(node.output()).shape.back());
    shown.assign(channels, {INFINITY, -INFINITY});
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      const std::vector<float> values = RunFloat(cut, RandomInputs(cut, seed));
      for (size_t i = 0; i < values.size(); ++i) {
        Range& range = shown[i % channels];
        range = {std::min(range.min, values[i]), std::max(range.max, values[i])};
      }
    }
  }
  return ranges;
}

/// Returns the largest |w| of each output or input channel of a node.
std::vector<float> Largest(const Graph& graph, const std::string& name, bool outputs) {
  const Node& node = *graph.FindNode(name);
  const Tensor& weights = graph.tensor(node.input(1));
  const auto values = weights.Values<float>();
  const auto inputs = static_cast<size_t>(graph.tensor(node.input(0)).shape.back());
  const ChannelView view = ViewChannels(weights.shape, OutputChannelAxis(graph, node));
  std::vector<float> largest(outputs ? static_cast<size_t>(view.channels) : inputs);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto output = static_cast<size_t>(static_cast<int64_t>(i) / view.inner % view.channels);
    float& most = largest[outputs ? output : InputChannel(node, weights.shape, inputs, i)];
    most = std::max(most, std::abs(values[i]));
  }
  return largest;
}

/// The results of both graphs on the samples of RangesOf differ by rounding alone.
void CheckSame(const Graph& before, const Graph& after) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<float> a = RunFloat(before, RandomInputs(before, seed));
    const std::vector<float> b = RunFloat(after, RandomInputs(after, seed));
    float largest = 0;
    for (float value : a) largest = std::max(largest, std::abs(value));
    // Some roundings of 2^-24 for each weight and bias, of sums of less than a hundred products.
    for (size_t i = 0; i < a.size(); ++i) REQUIRE(std::abs(a[i] - b[i]) <= 2e-5F * largest);
  }
}

TEST_CASE("Equalization makes both sides of each channel alike and leaves the results",
          "[passes]") {
  const Graph before = Triple(Activation::kRelu);
  Graph after = before;
  const ChannelRanges ranges = RangesOf(before);
  const Equalized done = Equalize(after, ranges, AllFirsts(after));
  CHECK(done.pairs == 2);
  CheckSame(before, after);
  const auto first = Largest(after, "expand", true), second = Largest(after, "depthwise", false);
  const auto third = Largest(after, "project", false);
  const auto old1 = Largest(before, "expand", true), old2 = Largest(before, "depthwise", false);
  const auto old3 = Largest(before, "project", false);
  for (size_t c = 0; c < 8; ++c) {
    // Of a depthwise triple each range becomes the cube root of their product (section 4.1.2 and
    // the authors' equation for three layers); sweeps end at a change of 1e-3.
    const double mean = std::cbrt(double{old1[c]} * double{old2[c]} * double{old3[c]});
    CHECK(double{first[c]} == Approx(mean).epsilon(5e-3));
    CHECK(double{second[c]} == Approx(mean).epsilon(5e-3));
    CHECK(double{third[c]} == Approx(mean).epsilon(5e-3));
  }
}

TEST_CASE("Channels that reach a cap keep their scale, the others stay below it", "[passes]") {
  const Graph before = Triple(Activation::kRelu6);
  Graph after = before;
  const ChannelRanges ranges = RangesOf(before);
  const Equalized done = Equalize(after, ranges, AllFirsts(after));
  CHECK(done.pairs == 2);
  CHECK(done.dropped_caps == 0);
  CHECK(done.kept_channels > 0);
  CheckSame(before, after);
  const auto old1 = Largest(before, "expand", true), first = Largest(after, "expand", true);
  const auto& shown = ranges.at(before.tensor(before.FindNode("expand")->output()).name);
  for (size_t c = 0; c < 8; ++c) {
    if (shown[c].max * 1.25F >= 6) CHECK(first[c] == old1[c]);
    if (shown[c].max * 1.25F < 6) {
      CHECK(double{first[c]} <= double{old1[c]} * 6 / (1.25 * double{shown[c].max}) * 1.0001);
    }
  }
}

TEST_CASE("A cap that no channel comes near becomes a ReLU", "[passes]") {
  const Graph before = Triple(Activation::kRelu6);
  Graph after = before;
  ChannelRanges ranges = RangesOf(before);
  for (auto& [name, shown] : ranges) {
    for (Range& range : shown) range.max = std::min(range.max, 4.7F);
  }
  const Equalized done = Equalize(after, ranges, AllFirsts(after));
  CHECK(done.dropped_caps == 2);
  CHECK(done.kept_channels == 0);
  CHECK(FusedActivation(after.FindNode("expand")->op) == Activation::kRelu);
}

TEST_CASE("A capped pair of which nothing was observed stays as it is", "[passes]") {
  Graph graph = Triple(Activation::kRelu6);
  CHECK(Equalize(graph, {}, AllFirsts(graph)).pairs == 0);
  CheckSame(Triple(Activation::kRelu6), graph);
}

TEST_CASE("What a channel exceeds 0 by moves into the next bias, unless that pads", "[passes]") {
  const bool pads = GENERATE(true, false);
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 3});
  const TensorId bias = b.Constant<float>("b1", {4}, {20, 0, -3, 30});
  const TensorId y =
      b.Emit(Conv2D{{}, Activation::kRelu}, {x, b.Random("w1", {4, 1, 1, 3}), bias}, "first");
  b.Output(b.Emit(Conv2D{pads ? kSame : Window{}},
                  {y, b.Random("w2", {5, 3, 3, 4}), b.Random("b2", {5})}, "second"));
  const Graph before = b.Build();
  Graph after = before;
  const Equalized done = Equalize(after, RangesOf(before), AllFirsts(after));
  CHECK(done.absorbed == (pads ? 0 : 2));
  CheckSame(before, after);
  const ChannelRanges now = RangesOf(after), old = RangesOf(before);
  const std::string name = before.tensor(before.FindNode("first")->output()).name;
  if (!pads)
    CHECK(now.at(name)[0].min / now.at(name)[0].max < old.at(name)[0].min / old.at(name)[0].max);
}

TEST_CASE("Pairs that share an operator are one chain", "[passes]") {
  Graph graph = Triple(Activation::kRelu);
  const auto chains = EqualizableChains(graph);
  REQUIRE(chains.size() == 1);
  CHECK(chains[0] == std::set<std::string>{"expand", "depthwise"});
}

TEST_CASE("Only the pairs that are named are equalized", "[passes]") {
  const Graph before = Triple(Activation::kRelu);
  Graph after = before;
  CHECK(Equalize(after, RangesOf(before), {"depthwise"}).pairs == 1);
  CHECK(Largest(after, "expand", true) == Largest(before, "expand", true));
  CheckSame(before, after);
}

}  // namespace
}  // namespace qconvert
