// Scale methods. Which inputs an output channel's weights meet: the scales that weight_scale.h
// finds for each channel when weights and inputs are gathered by hand.
#include <catch2/catch.hpp>

#include "lib/math/weight_scale.h"
#include "lib/quantization/scale_method.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

ChannelMoments MomentsOf(size_t channels) {
  return {RandomFloats(channels, 8, 0, 2), RandomFloats(channels, 9, 0.1F, 2)};
}

std::vector<AffineParams> Choose(std::string_view method, const Tensor& weights,
                                 const WeightScheme& scheme,
                                 const ChannelMoments* moments = nullptr) {
  const ChannelWeights channels(weights, scheme);
  return FindScaleMethod(method)->choose(channels, {.moments = moments}, nullptr);
}

std::vector<AffineParams> LeastError(const Tensor& weights, const WeightScheme& scheme,
                                     const ChannelMoments* moments = nullptr) {
  return Choose("least-error", weights, scheme, moments);
}

Tensor Weights(Shape shape) {
  const auto count = static_cast<size_t>(NumElements(shape));
  return MakeConstantTensor("w", std::move(shape), RandomFloats(count, 4));
}

float ScaleOf(std::vector<float> weights, std::vector<float> mean, std::vector<float> variance) {
  float largest = 0;
  for (float w : weights) largest = std::max(largest, std::abs(w));
  return ChooseWeightScale({weights, mean, variance}, largest / 127, kInt8Weights);
}

TEST_CASE("A channel of a grouped convolution meets the inputs of its group", "[quantization]") {
  const Tensor weights = Weights({6, 3, 3, 2});  // three groups of two outputs and two inputs
  const ChannelMoments inputs = MomentsOf(6);
  const auto params = LeastError(weights, {.axis = 0}, &inputs);
  REQUIRE(params.size() == 6);
  const auto values = weights.Values<float>();
  for (size_t o = 0; o < 6; ++o) {
    const size_t group = o / 2;
    const float expected = ScaleOf({values.begin() + 18 * o, values.begin() + 18 * (o + 1)},
                                   {inputs.mean[2 * group], inputs.mean[2 * group + 1]},
                                   {inputs.variance[2 * group], inputs.variance[2 * group + 1]});
    CHECK(params[o].scale == expected);
    CHECK(params[o].zero_point == 0);
  }
}

TEST_CASE("A channel of a depthwise convolution meets one input", "[quantization]") {
  const Tensor weights = Weights({1, 3, 3, 8});  // four inputs, multiplier two
  const ChannelMoments inputs = MomentsOf(4);
  const auto params = LeastError(weights, {.axis = 3}, &inputs);
  REQUIRE(params.size() == 8);
  for (size_t o = 0; o < 8; ++o) {
    std::vector<float> taps;
    for (size_t t = 0; t < 9; ++t) taps.push_back(weights.Values<float>()[t * 8 + o]);
    CHECK(params[o].scale == ScaleOf(taps, {inputs.mean[o / 2]}, {inputs.variance[o / 2]}));
  }
}

TEST_CASE("Where the inputs are unknown the scale is max|w| / 127", "[quantization]") {
  const Tensor weights = Weights({6, 12});
  const auto plain = LeastError(weights, {});
  const ChannelMoments inputs = MomentsOf(5);  // flattened on the way: not a multiple of 12
  CHECK(LeastError(weights, {}, &inputs) == plain);
  const ChannelMoments fitting = MomentsOf(12);
  CHECK(LeastError(weights, {}, &fitting) != plain);
  const WeightScheme per_layer{.per_channel = false};
  CHECK(LeastError(weights, per_layer, &fitting) == LeastError(weights, per_layer));
}

TEST_CASE("The largest weight decides by name, whatever is known of the inputs", "[quantization]") {
  const Tensor weights = Weights({6, 12});
  const ChannelMoments inputs = MomentsOf(12);
  CHECK(Choose("max", weights, {}, &inputs) == LeastError(weights, {}));
  CHECK(FindScaleMethod("least") == nullptr);
  CHECK(ScaleMethods().front()->name == "least-error");
}

TEST_CASE("Affine scales are not searched", "[quantization]") {
  const Tensor weights = Weights({6, 12});
  const ChannelMoments inputs = MomentsOf(12);
  const WeightScheme affine{.asymmetric = true};
  CHECK(LeastError(weights, affine, &inputs) == Choose("max", weights, affine));
}

TEST_CASE("Threads share the search and change nothing", "[quantization]") {
  const Tensor weights = Weights({40, 12});
  const ChannelMoments inputs = MomentsOf(12);
  ThreadPool threads(3);
  const ChannelWeights channels(weights, {});
  CHECK(FindScaleMethod("least-error")->choose(channels, {.moments = &inputs}, &threads) ==
        LeastError(weights, {}, &inputs));
}

TEST_CASE("Dead channels keep their scale", "[quantization]") {
  const Tensor weights = MakeConstantTensor<float>("w", {2, 2}, {0, 0, 0.5F, 1});
  const ChannelMoments inputs = MomentsOf(2);
  const auto params = LeastError(weights, {}, &inputs);
  CHECK(params[0].scale == LeastError(weights, {})[0].scale);
}

}  // namespace
}  // namespace qconvert
