#include "lib/quantization/accumulator.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/quantization/quantize_weights.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

Tensor Input(ElementType type, int32_t zero_point) {
  return {"x", type, {1, 4}, PerLayer(0.1F, zero_point)};
}

TEST_CASE("The largest input lies farthest from the zero point", "[quantization]") {
  CHECK(LargestInput(Input(ElementType::kInt8, -128)) == 255);
  CHECK(LargestInput(Input(ElementType::kInt8, 127)) == 255);
  CHECK(LargestInput(Input(ElementType::kInt8, 0)) == 128);
  CHECK(LargestInput(Input(ElementType::kInt8, 5)) == 133);
  CHECK(LargestInput(Input(ElementType::kInt16, 0)) == 32768);
}

TEST_CASE("No inputs exceed the largest sum, and some reach it", "[quantization]") {
  const int axis = GENERATE(0, 3);  // of convolutions, of depthwise ones
  const std::vector<float> drawn = RandomFloats(2 * 3 * 3 * 2, 3, -127, 128);
  std::vector<int8_t> values;
  for (const float value : drawn) values.push_back(static_cast<int8_t>(std::floor(value)));
  const Tensor weights = MakeConstantTensor<int8_t>("w", {2, 3, 3, 2}, values);
  const Tensor bias = MakeConstantTensor<int32_t>("b", {2}, {1000, -70000});
  const std::vector<int64_t> bounds = LargestSums(weights, axis, &bias, 128);
  REQUIRE(bounds.size() == 2);
  for (size_t o = 0; o < 2; ++o) {
    // Inputs are 127 or -128 steps from a zero point of 0, whichever adds more to a sum of the
    // bias's sign: the bound takes 128 for both.
    const double sign = o == 0 ? 1 : -1;
    int64_t sum = bias.Values<int32_t>()[o], count = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t channel = axis == 0 ? i / 18 : i % 2;
      if (channel != o) continue;
      ++count;
      sum += sign * values[i] > 0 ? int64_t{127} * values[i] : int64_t{-128} * values[i];
    }
    const int64_t reached = std::abs(sum);
    CHECK(reached <= bounds[o]);
    CHECK(bounds[o] - reached <= 127 * count);
  }
}

/// Returns the largest sum of weights as int32 biases and int8 inputs give it.
int64_t LargestSumOf(const QuantizedWeights& weights, int64_t largest_input) {
  const std::vector<int64_t> sums = LargestSums(weights.weights, 0, &*weights.bias, largest_input);
  return *std::ranges::max_element(sums);
}

TEST_CASE("Weights are rounded so that accumulators of few bits hold every sum", "[quantization]") {
  const int bits = GENERATE(8, 4);
  const bool per_channel = GENERATE(true, false);
  const Tensor weights =
      MakeConstantTensor<float>("w", {6, 3, 3, 16}, RandomFloats(6 * 144, 5, -1, 1));
  const Tensor bias = MakeConstantTensor<float>("b", {6}, RandomFloats(6, 6, -3, 3));
  const WeightScheme scheme{.bits = bits, .per_channel = per_channel};
  const auto quantize = [&](std::optional<Accumulator> accumulator) {
    return QuantizeWeights(weights, &bias, IntegerBias{0.02F, ElementType::kInt32, accumulator},
                           scheme, {}, {});
  };
  const QuantizedWeights free = quantize(std::nullopt);
  CHECK(ToVector<int8_t>(quantize(Accumulator{32, 255}).weights) == ToVector<int8_t>(free.weights));
  double last_scale = 0;
  for (const int accumulator_bits : {24, 20, 18, 16}) {
    INFO(accumulator_bits << " bits of the accumulator");
    const Accumulator accumulator{accumulator_bits, 255};
    const QuantizedWeights fitted = quantize(accumulator);
    CHECK(LargestSumOf(fitted, 255) <= accumulator.largest_sum());
    const float scale = fitted.weights.quant->scales.front();
    CHECK(scale >= last_scale);
    last_scale = scale;
  }
  CHECK(last_scale > free.weights.quant->scales.front());
}

TEST_CASE("A bias that is corrected stays within the accumulator", "[quantization]") {
  const std::vector<int64_t> sums = {32000, 10, 32767};
  Tensor bias = MakeConstantTensor<int32_t>("b", {3}, {5000, -300, -1});
  bias.quant = QuantParams{{0.5F, 0.25F, 1}, {0, 0, 0}, 0};
  const Tensor within = BiasWithin(sums, {16, 255}, bias);
  CHECK(ToVector<int32_t>(within) == std::vector<int32_t>{767, -300, 0});
  CHECK(within.quant->scales == bias.quant->scales);
}

}  // namespace
}  // namespace qconvert
