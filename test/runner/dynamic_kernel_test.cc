// Nodes with float activations beside integer weights compute what LiteRT's sums of integers give.
#include "lib/runner/dynamic_kernel.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/graph/activation.h"
#include "lib/runner/session.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

/// Adds int8 weights with a scale for each channel of `axis`.
TensorId Weights(GraphBuilder& b, Shape shape, int axis) {
  const auto channels = static_cast<size_t>(shape[static_cast<size_t>(axis)]);
  Tensor weights = MakeConstantTensor(
      "w", shape, RandomInt8(static_cast<size_t>(NumElements(shape)), 5, -127, 127));
  weights.quant = {RandomFloats(channels, 6, 0.001F, 0.01F), std::vector<int32_t>(channels), axis};
  return b.Add(std::move(weights));
}

std::vector<float> Run(const Graph& graph, const std::vector<float>& input) {
  const CompiledGraph compiled(graph);
  Session session(compiled);
  const auto bytes = std::as_bytes(std::span(input));
  std::copy(bytes.begin(), bytes.end(), session.Input(0).begin());
  session.Run();
  const auto result = session.Output(0);
  const auto* values = reinterpret_cast<const float*>(result.data());
  return {values, values + result.size() / sizeof(float)};
}

/// int8 numbers of some values, and what they stand for.
struct Steps {
  std::vector<int> q;
  double scale = 0;
  int zero_point = 0;
};

/// Rounds values to 255 steps over their own range.
Steps StepsOf(std::vector<float> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double min = std::min(*low, 0.0F), max = std::max(*high, 0.0F);
  Steps steps{{}, (max - min) / 255, static_cast<int>(std::round(-128 - min * 255 / (max - min)))};
  for (float value : values) {
    const double q = std::round(double{value} / steps.scale + steps.zero_point);
    steps.q.push_back(static_cast<int>(std::clamp(q, -128.0, 127.0)));
  }
  return steps;
}

// Rows of very different size show whose range a value is rounded by.
const std::vector<float> kRowSizes = {1, 100, 0.01F};

TEST_CASE("A product rounds each row by its own range", "[runner]") {
  constexpr size_t kDepth = 40, kOutputs = 6;
  const auto activation = GENERATE(Activation::kNone, Activation::kRelu);
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3, kDepth}), w = Weights(b, {kOutputs, kDepth}, 0);
  const TensorId bias = b.Random("bias", {kOutputs});
  const Graph graph = b.Output(b.Emit(FullyConnected{activation}, {x, w, bias})).Build();

  std::vector<float> input = RandomFloats(3 * kDepth, 7, -1, 2), expected;
  for (size_t i = 0; i < input.size(); ++i) input[i] *= kRowSizes[i / kDepth];
  const auto weights = graph.tensor(w).Values<int8_t>();
  double largest = 0;
  for (size_t row = 0; row < 3; ++row) {
    const auto first = input.begin() + static_cast<std::ptrdiff_t>(row * kDepth);
    const Steps steps = StepsOf({first, first + kDepth});
    for (size_t o = 0; o < kOutputs; ++o) {
      int64_t sum = 0;
      for (size_t k = 0; k < kDepth; ++k) {
        sum += int64_t{steps.q[k] - steps.zero_point} * weights[o * kDepth + k];
      }
      const double real = static_cast<double>(sum) * steps.scale * graph.tensor(w).quant->scales[o];
      const double result = real + graph.tensor(bias).Values<float>()[o];
      expected.push_back(
          static_cast<float>(activation == Activation::kRelu ? std::max(result, 0.0) : result));
      largest = std::max(largest, steps.scale * 255 * 0.01 * 127 * kDepth);
    }
  }
  // Float32 sums of so many products, none larger than the largest.
  CHECK_THAT(Run(graph, input), WithinError(expected, (kDepth + 2) * 0x1p-24 * largest));
}

TEST_CASE("A convolution rounds each sample by its own range", "[runner]") {
  constexpr size_t kPixels = 16, kChannels = 8, kOutputs = 4;
  GraphBuilder b;
  const TensorId x = b.Input("x", {3, 4, 4, kChannels});
  const TensorId w = Weights(b, {kOutputs, 1, 1, kChannels}, 0);
  const Graph graph = b.Output(b.Emit(Conv2D{}, {x, w})).Build();

  constexpr size_t kSample = kPixels * kChannels;
  std::vector<float> input = RandomFloats(3 * kSample, 7, -1, 2), expected;
  for (size_t i = 0; i < input.size(); ++i) input[i] *= kRowSizes[i / kSample];
  const auto weights = graph.tensor(w).Values<int8_t>();
  for (size_t sample = 0; sample < 3; ++sample) {
    const auto first = input.begin() + static_cast<std::ptrdiff_t>(sample * kSample);
    const Steps steps = StepsOf({first, first + kSample});
    for (size_t pixel = 0; pixel < kPixels; ++pixel) {
      for (size_t o = 0; o < kOutputs; ++o) {
        int64_t sum = 0;
        for (size_t c = 0; c < kChannels; ++c) {
          const int q = steps.q[pixel * kChannels + c] - steps.zero_point;
          sum += int64_t{q} * weights[o * kChannels + c];
        }
        expected.push_back(static_cast<float>(static_cast<double>(sum) * steps.scale *
                                              graph.tensor(w).quant->scales[o]));
      }
    }
  }
  CHECK_THAT(Run(graph, input),
             WithinError(expected, (kChannels + 2) * 0x1p-24 * 300 * 0.01 * 127 * kChannels));
}

TEST_CASE("Other convolutions round before they multiply, too", "[runner]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 5, 6});
  Window window;
  window.pad_top = window.pad_bottom = window.pad_left = window.pad_right = 1;
  SECTION("depthwise") {
    b.Output(b.Emit(DepthwiseConv2D{window}, {x, Weights(b, {1, 3, 3, 6}, 3)}));
  }
  SECTION("transposed") {
    b.Output(b.Emit(TransposeConv2D{{}, 6, 6}, {x, Weights(b, {4, 2, 2, 6}, 0)}));
  }
  const Graph dynamic = b.Build();
  // The same network with real weights, on an input that is rounded before.
  Graph real = dynamic;
  Tensor& weights = real.tensor(real.nodes().front().input(1));
  const auto axis = static_cast<size_t>(weights.quant->axis);
  std::vector<float> values;
  const auto q = weights.Values<int8_t>();
  const size_t inner = axis == 0 ? q.size() / 4 : 1;
  for (size_t i = 0; i < q.size(); ++i) {
    values.push_back(q[i] * weights.quant->scales[i / inner % weights.quant->scales.size()]);
  }
  weights = MakeConstantTensor(weights.name, weights.shape, values);
  std::vector<float> input = RandomFloats(5 * 5 * 6, 8, -1, 2);
  const Steps steps = StepsOf(input);
  std::vector<float> rounded;
  for (int step : steps.q) {
    rounded.push_back(static_cast<float>((step - steps.zero_point) * steps.scale));
  }
  const std::vector<float> got = Run(dynamic, input);
  CHECK_THAT(got, WithinError(Run(real, rounded), 60 * 0x1p-24 * 3 * 0.01 * 127 * 54));
  CHECK(got != Run(real, input));
}

TEST_CASE("Integers beside floats that no kernel takes are refused", "[runner]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6}),
                 q = b.Input("q", {2, 6}, ElementType::kInt8, {{0.1F}, {0}});
  const Graph graph = b.Output(b.Emit(FullyConnected{}, {x, q})).Build();
  CHECK_THAT(ErrorOf([&] { const CompiledGraph compiled(graph); }),
             IsError(ErrorKind::kUnsupported, "no kernel with float activations"));
}

TEST_CASE("Float activations do not give integers", "[runner]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6}), w = Weights(b, {4, 6}, 0);
  const TensorId y = b.Emit(FullyConnected{}, {x, w}, "y", ElementType::kInt8, PerLayer(1, 0));
  const Graph graph = b.Output(y).Build();
  CHECK_THAT(ErrorOf([&] { const CompiledGraph compiled(graph); }),
             IsError(ErrorKind::kUnsupported, "no kernel with float activations"));
}

}  // namespace
}  // namespace qconvert
