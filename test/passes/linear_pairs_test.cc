#include "lib/passes/linear_pairs.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/graph/text.h"
#include "lib/passes/linear.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr Window kSame{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};

/// Moves a random scale per channel over every pair of a graph.
void MoveScales(Graph& graph) {
  uint64_t seed = 0;
  for (const LinearPair& pair : LinearPairs(graph)) {
    const auto channels = static_cast<size_t>(OutputChannels(graph, *pair.first));
    std::vector<float> scale = RandomFloats(channels, ++seed, 0.25F, 4), inverse;
    for (float s : scale) inverse.push_back(1 / s);
    ScaleAndShift(graph, *pair.first, scale, std::vector<float>(channels));
    ScaleInputs(graph, *pair.second, inverse);
  }
}

std::vector<std::string> NamesOf(const std::vector<LinearPair>& pairs) {
  std::vector<std::string> names;
  for (const LinearPair& pair : pairs) {
    std::string name = pair.first->name;
    for (const Node* node : pair.between) name += " " + node->name;
    names.push_back(name + " " + pair.second->name);
  }
  return names;
}

TEST_CASE("Scales that move between linear operators leave the network as it is", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 8, 8, 3});
  const TensorId wide = b.Emit(Conv2D{kSame, Activation::kRelu},
                               {x, b.Random("w1", {8, 3, 3, 3}), b.Random("b1", {8})}, "expand");
  const TensorId deep =
      b.Emit(DepthwiseConv2D{kSame}, {wide, b.Random("w2", {1, 3, 3, 8})}, "depthwise");
  const TensorId clamped = b.Emit(LeakyRelu{0.1F}, {deep}, "leaky");
  const TensorId pooled =
      b.Emit(MaxPool2D{2, 2, {.stride_h = 2, .stride_w = 2}}, {clamped}, "pool");
  const TensorId grouped = b.Emit(Conv2D{}, {pooled, b.Random("w3", {6, 1, 1, 4})}, "grouped");
  const TensorId mean = b.Emit(Mean{{1, 2}, false}, {grouped}, "mean");
  b.Output(
      b.Emit(FullyConnected{}, {mean, b.Random("w4", {5, 6}), b.Random("b4", {5})}, "classes"));
  Graph graph = b.Build();
  CHECK(NamesOf(LinearPairs(graph)) == std::vector<std::string>{"expand depthwise",
                                                                "depthwise leaky pool grouped",
                                                                "grouped mean classes"});
  // Two factors are rounded for each weight, 2^-24 each; products add up over less than a hundred.
  const Graph after = RunPass(MoveScales, graph, 1e-5);
  CHECK(ToText(after, after.nodes().front()) == ToText(graph, graph.nodes().front()));
}

TEST_CASE("What is not homogeneous, or read twice, ends a pair", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 3});
  const TensorId w = b.Random("w", {3, 1, 1, 3});
  const auto convolve = [&](TensorId input) { return b.Emit(Conv2D{}, {input, w}); };
  SECTION("a sigmoid") { b.Output(convolve(b.Emit(Logistic{}, {convolve(x)}))); }
  SECTION("a cap") { b.Output(convolve(b.Emit(Relu6{}, {convolve(x)}))); }
  SECTION("a fused cap") { b.Output(convolve(b.Emit(Conv2D{{}, Activation::kRelu6}, {x, w}))); }
  SECTION("padding with a number") {
    b.Output(convolve(b.Emit(Pad{{0, 1, 1, 0}, {0, 1, 1, 0}, 1}, {convolve(x)})));
  }
  SECTION("a mean over channels") {
    b.Output(
        b.Emit(FullyConnected{}, {b.Emit(Mean{{3}, true}, {convolve(x)}), b.Random("v", {2, 1})}));
  }
  SECTION("channels that a Reshape mixes with places") {
    const TensorId flat = b.Emit(Reshape{{1, 48}}, {convolve(x)});
    b.Output(b.Emit(FullyConnected{}, {flat, b.Random("v", {2, 48})}));
  }
  SECTION("another reader") {
    const TensorId first = convolve(x);
    b.Output(convolve(first)).Output(b.Emit(Tanh{}, {first}));
  }
  SECTION("an output of the network") {
    const TensorId first = convolve(x);
    b.Output(first).Output(convolve(first));
  }
  Graph graph = b.Build();
  CHECK(LinearPairs(graph).empty());
}

}  // namespace
}  // namespace qconvert
