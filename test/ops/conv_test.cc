#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

struct Convolution {
  Window window;
  Shape image, weights;  ///< [N,H,W,C], [O,KH,KW,I]
};

/// The definition, without regard to speed: groups of channels, padding that reads 0.
std::vector<float> Define(const Convolution& c, const std::vector<float>& x,
                          const std::vector<float>& w, const std::vector<float>& bias,
                          const Shape& out) {
  std::vector<float> y;
  const int64_t depth = c.weights[3], outputs_per_group = out[3] / (c.image[3] / depth);
  for (int64_t i = 0; i < NumElements(out); ++i) {
    const int64_t o = i % out[3], ox = i / out[3] % out[2], oy = i / out[3] / out[2] % out[1];
    double sum = bias[static_cast<size_t>(o)];
    for (int64_t k = 0; k < c.weights[1] * c.weights[2] * depth; ++k) {
      const int64_t d = k % depth, kx = k / depth % c.weights[2], ky = k / depth / c.weights[2];
      const int64_t iy = oy * c.window.stride_h + ky * c.window.dilation_h - c.window.pad_top;
      const int64_t ix = ox * c.window.stride_w + kx * c.window.dilation_w - c.window.pad_left;
      if (iy < 0 || iy >= c.image[1] || ix < 0 || ix >= c.image[2]) continue;
      const int64_t n = i / (out[1] * out[2] * out[3]);
      const int64_t at = ((n * c.image[1] + iy) * c.image[2] + ix) * c.image[3] +
                         o / outputs_per_group * depth + d;
      sum += double{x[static_cast<size_t>(at)]} *
             w[static_cast<size_t>(o * c.weights[1] * c.weights[2] * depth + k)];
    }
    y.push_back(static_cast<float>(sum));
  }
  return y;
}

const Window kUneven{.stride_h = 2,
                     .stride_w = 1,
                     .dilation_h = 1,
                     .dilation_w = 2,
                     .pad_top = 1,
                     .pad_left = 2,
                     .pad_bottom = 0,
                     .pad_right = 1};

const Convolution kConvolutions[] = {
    {{}, {2, 4, 5, 3}, {4, 1, 1, 3}},
    {{}, {1, 5, 5, 2}, {3, 3, 2, 2}},
    {kUneven, {2, 7, 6, 3}, {2, 3, 2, 3}},
    {kUneven, {1, 6, 6, 20}, {6, 3, 3, 10}},  // two groups; more channels than eight
    {{.stride_h = 3, .stride_w = 3}, {1, 4, 4, 6}, {6, 2, 2, 1}},
};

TEST_CASE("Conv2D computes its definition", "[ops]") {
  for (const Convolution& c : kConvolutions) {
    GraphBuilder b;
    const TensorId x = b.Random("x", c.image), w = b.Random("w", c.weights);
    const TensorId bias = b.Random("bias", {c.weights[0]});
    const TensorId y = b.Emit(Conv2D{c.window}, {x, w, bias});
    const Graph graph = b.Output(y).Build();
    const auto values = [&](TensorId id) { return ToVector<float>(graph.tensor(id)); };
    // Sums in double, one rounding to float of numbers below 100: an error below 100 x 2^-24.
    CHECK_THAT(
        RunFloat(graph, {}),
        WithinError(Define(c, values(x), values(w), values(bias), graph.tensor(y).shape), 1e-5));
  }
}

TEST_CASE("Conv2D infers its size and clamps with the fused activation", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Constant<float>("x", {1, 1, 3, 1}, {-1, 2, 9});
  const TensorId w = b.Constant<float>("w", {1, 1, 1, 1}, {1});
  const TensorId y = b.Emit(Conv2D{{}, Activation::kRelu6}, {x, w});
  CHECK(RunFloat(b.Output(y).Build(), {}) == std::vector<float>{0, 2, 6});
  const TensorId image = b.Input("image", {2, 7, 6, 3}), filter = b.Random("filter", {4, 3, 2, 3});
  CHECK(b.tensor(b.Emit(Conv2D{kUneven}, {image, filter})).shape == Shape{2, 3, 7, 4});
}

TEST_CASE("DepthwiseConv2D is a Conv2D with a group for each channel", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Random("x", {2, 6, 6, 3}), w = b.Random("w", {6, 3, 2, 1});
  const TensorId bias = b.Random("bias", {6});
  const TensorId turned = b.Emit(Transpose{{3, 1, 2, 0}}, {w});
  b.Output(b.Emit(Conv2D{kUneven}, {x, w, bias}));
  b.Output(b.Emit(DepthwiseConv2D{kUneven}, {x, turned, bias}));
  const Graph graph = b.Build();
  CHECK_THAT(RunFloat(graph, {}, 1), WithinError(RunFloat(graph, {}, 0), 1e-6));
}

// The multiplier is off by 2^-31, its two roundings by half a step each at most.
TEST_CASE("Int8 convolutions are within a step", "[ops]") {
  const Int8Operand image{{2, 7, 6, 4}, 0.05F, -20}, weights{{6, 3, 2, 2}, 0.01F, 0, -127};
  const Int8Operand filters{{1, 3, 2, 8}, 0.02F, 0, -127};
  for (Activation activation : {Activation::kNone, Activation::kRelu6, Activation::kReluN1To1}) {
    const BothWays grouped =
        RunBothWays(Conv2D{kUneven, activation}, {image, weights}, PerLayer(0.1F, 7));
    CHECK_THAT(grouped.integer, WithinSteps(grouped.real, 1));
    const BothWays depthwise =
        RunBothWays(DepthwiseConv2D{kUneven, activation}, {image, filters}, PerLayer(0.08F, -9));
    CHECK_THAT(depthwise.integer, WithinSteps(depthwise.real, 1));
  }
}

struct Int8Convolution {
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  std::vector<float> scales;
};

/// Runs a 1x1 convolution of {3, -3} on two channels, input scale 1 and zero point 1, result scale
/// 1.
std::vector<int8_t> RunInt8(const Int8Convolution& c) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 1, 2, 1}, ElementType::kInt8, PerLayer(1, 1));
  const auto outputs = static_cast<int64_t>(c.bias.size());
  Tensor weights = MakeConstantTensor("w", {outputs, 1, 1, 1}, c.weights);
  weights.quant = {c.scales, std::vector<int32_t>(c.scales.size(), 0),
                   c.scales.size() > 1 ? 0 : -1};
  const TensorId w = b.Add(std::move(weights)), bias = b.Constant("bias", {outputs}, c.bias);
  b.Output(b.Emit(Conv2D{}, {x, w, bias}, "y", ElementType::kInt8, PerLayer(1, 0)));
  Tensor input = MakeConstantTensor("x", {1, 1, 2, 1}, std::vector<int8_t>{4, -2});
  input.quant = PerLayer(1, 1);
  return ToVector<int8_t>(RunReference(b.Build(), {input}).front());
}

TEST_CASE("Int8 Conv2D rescales each channel and rounds halves up", "[ops]") {
  CHECK(RunInt8({{1, 2}, {0, 0}, {0.5F}}) == std::vector<int8_t>{2, 3, -1, -3});
  CHECK(RunInt8({{1, 2}, {10, 20}, {1, 0.25F}}) == std::vector<int8_t>{13, 7, 7, 4});
  CHECK(RunInt8({{127, 127}, {0, 0}, {1}}) == std::vector<int8_t>{127, 127, -128, -128});
}

TEST_CASE("Int8 Conv2D refuses scales that do not fit its channels", "[ops]") {
  CHECK_THROWS_AS(RunInt8({{1, 1, 1}, {0, 0, 0}, {1, 1}}), Error);
}

TEST_CASE("Convolutions refuse operands that do not fit", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 4}), flat = b.Input("flat", {4, 4});
  const TensorId w = b.Random("w", {2, 3, 3, 4}), odd = b.Random("odd", {2, 3, 3, 3});
  const TensorId one = b.Random("one", {1, 3, 3, 4}), six = b.Random("six", {1, 3, 3, 6});
  const TensorId bias = b.Random("bias", {3});
  CHECK_THROWS_AS(b.Emit(Conv2D{}, {x, odd}), Error);
  CHECK_THROWS_AS(b.Emit(Conv2D{}, {flat, w}), Error);
  CHECK_THROWS_AS(b.Emit(Conv2D{}, {x, w, bias}), Error);
  CHECK_THROWS_AS(b.Emit(Conv2D{}, {x}), Error);
  CHECK_THROWS_AS(b.Emit(Conv2D{{.stride_h = 0}}, {x, w}), Error);
  CHECK_THROWS_AS(b.Emit(Conv2D{{.dilation_w = -1}}, {x, w}), Error);
  CHECK_THROWS_AS(b.Emit(Conv2D{{.dilation_h = 2}}, {x, w}), Error);
  CHECK_THROWS_AS(b.Emit(Conv2D{{.pad_top = -2}}, {x, w}), Error);
  CHECK_THROWS_AS(b.Emit(DepthwiseConv2D{}, {x, w}), Error);
  CHECK_THROWS_AS(b.Emit(DepthwiseConv2D{}, {x, six}), Error);
  CHECK_NOTHROW(b.Emit(DepthwiseConv2D{}, {x, one}));
}

}  // namespace
}  // namespace qconvert
