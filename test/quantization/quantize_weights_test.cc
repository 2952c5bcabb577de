#include "lib/quantization/quantize_weights.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/math/float16.h"
#include "lib/quantization/quantize_constant.h"
#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

Tensor Stored(const Tensor& weights, const WeightScheme& scheme) {
  return QuantizeWeights(weights, nullptr, std::nullopt, scheme, {}, {}).weights;
}

QuantizedWeights WithBias(const Tensor& weights, const Tensor& bias, float input_scale,
                          const WeightScheme& scheme) {
  return QuantizeWeights(weights, &bias, IntegerBias{input_scale}, scheme, {}, {});
}

/// Weights [2, 3, 2, 4] whose channels along `axis` have very different sizes.
Tensor UnevenWeights(size_t axis) {
  const Shape shape = {2, 3, 2, 4};
  std::vector<float> values = RandomFloats(48, 1, -1, 2);
  const std::vector<int64_t> strides = RowMajorStrides(shape);
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t channel = static_cast<int64_t>(i) / strides[axis] % shape[axis];
    values[i] *= std::pow(10.0F, static_cast<float>(channel));
  }
  return MakeConstantTensor("w", shape, std::move(values));
}

struct Extremes {
  double min = 0, max = 0;
};

/// Returns the extremes of one channel, 0 included; of the whole tensor for axis -1.
Extremes ExtremesOf(const Tensor& weights, int axis, int64_t channel) {
  const std::vector<int64_t> strides = RowMajorStrides(weights.shape);
  const std::vector<float> values = ToVector<float>(weights);
  Extremes extremes;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<size_t>(std::max(axis, 0));
    if (axis >= 0 && static_cast<int64_t>(i) / strides[at] % weights.shape[at] != channel) continue;
    extremes.min = std::min(extremes.min, double{values[i]});
    extremes.max = std::max(extremes.max, double{values[i]});
  }
  return extremes;
}

/// Requires r = scale (q - zero_point) within half a step, and q inside [least, most].
void RequireRounded(const Tensor& quantized, const Tensor& weights, int least, int most) {
  const QuantParams& quant = *quantized.quant;
  const auto q = ToVector<int8_t>(quantized);
  const auto real = ToVector<float>(weights);
  const auto strides = RowMajorStrides(weights.shape);
  for (size_t i = 0; i < q.size(); ++i) {
    const auto axis = static_cast<size_t>(std::max(quant.axis, 0));
    const int64_t channel =
        quant.axis < 0 ? 0 : static_cast<int64_t>(i) / strides[axis] % weights.shape[axis];
    const auto c = static_cast<size_t>(channel);
    const double back = double{quant.scales[c]} * (q[i] - quant.zero_points[c]);
    REQUIRE(q[i] >= least);
    REQUIRE(q[i] <= most);
    // Half a step, and the rounding of scale and quotient to float.
    REQUIRE(std::abs(back - double{real[i]}) <= double{quant.scales[c]} * (0.5 + 256 * 0x1p-23));
  }
}

TEST_CASE("Symmetric weights have scale max|r| / 127 and zero point 0", "[quantization]") {
  for (int axis : {0, 3}) {
    const Tensor weights = UnevenWeights(static_cast<size_t>(axis));
    const Tensor q = Stored(weights, {.axis = axis});
    CHECK(q.quant->axis == axis);
    const auto channels = weights.shape[static_cast<size_t>(axis)];
    REQUIRE(q.quant->scales.size() == static_cast<size_t>(channels));
    for (int64_t c = 0; c < channels; ++c) {
      const Extremes extremes = ExtremesOf(weights, axis, c);
      const double scale = std::max(-extremes.min, extremes.max) / 127;
      CHECK(double{q.quant->scales[static_cast<size_t>(c)]} == Approx(scale).epsilon(1e-6));
      CHECK(q.quant->zero_points[static_cast<size_t>(c)] == 0);
    }
    RequireRounded(q, weights, -127, 127);
  }
}

TEST_CASE("Per layer there is one scale, the largest of the channels'", "[quantization]") {
  const Tensor weights = UnevenWeights(0);
  const Tensor q = Stored(weights, {.per_channel = false});
  const Extremes extremes = ExtremesOf(weights, -1, 0);
  CHECK_FALSE(q.quant->per_channel());
  CHECK(double{q.quant->scale()} ==
        Approx(std::max(-extremes.min, extremes.max) / 127).epsilon(1e-6));
  RequireRounded(q, weights, -127, 127);
}

TEST_CASE("Asymmetric weights use all 256 steps for their range with zero", "[quantization]") {
  const bool per_channel = GENERATE(true, false);
  const Tensor weights = UnevenWeights(3);
  const Tensor q = Stored(weights, {.axis = 3, .per_channel = per_channel, .asymmetric = true});
  for (size_t c = 0; c < q.quant->scales.size(); ++c) {
    const Extremes extremes = ExtremesOf(weights, per_channel ? 3 : -1, static_cast<int64_t>(c));
    const double scale = (extremes.max - extremes.min) / 255;
    CHECK(double{q.quant->scales[c]} == Approx(scale).epsilon(1e-6));
    CHECK(q.quant->zero_points[c] == std::lround(-128 - extremes.min / scale));
  }
  RequireRounded(q, weights, -128, 127);
}

TEST_CASE("Four bits keep [-7, 7], or [-8, 7] with a zero point", "[quantization]") {
  const Tensor weights = UnevenWeights(0);
  const Tensor symmetric = Stored(weights, {.bits = 4});
  CHECK(symmetric.type == ElementType::kInt4);
  for (int64_t c = 0; c < 2; ++c) {
    const Extremes extremes = ExtremesOf(weights, 0, c);
    CHECK(double{symmetric.quant->scales[static_cast<size_t>(c)]} ==
          Approx(std::max(-extremes.min, extremes.max) / 7).epsilon(1e-6));
  }
  RequireRounded(symmetric, weights, -7, 7);
  const Tensor affine = Stored(weights, {.bits = 4, .asymmetric = true});
  const Extremes extremes = ExtremesOf(weights, 0, 0);
  CHECK(double{affine.quant->scales[0]} ==
        Approx((extremes.max - extremes.min) / 15).epsilon(1e-6));
  RequireRounded(affine, weights, -8, 7);
}

TEST_CASE("A dead channel borrows the largest scale of the others", "[quantization]") {
  Tensor weights = MakeConstantTensor("w", {3, 2}, std::vector<float>{1, -2, 0, 0, 127, 0.5F});
  const Tensor q = Stored(weights, {});
  CHECK(q.quant->scales[1] == 1);
  CHECK(q.Values<int8_t>()[2] == 0);
  weights = MakeConstantTensor("w", {2, 2}, std::vector<float>(4));
  const Tensor zeros = Stored(weights, {});
  for (float scale : zeros.quant->scales) CHECK(std::isnormal(scale));
}

TEST_CASE("Tiny weights have a scale whose products are normal", "[quantization]") {
  const Tensor weights = MakeConstantTensor("w", {1, 2}, std::vector<float>{1e-42F, -1e-40F});
  const Tensor q = Stored(weights, {});
  CHECK(std::isnormal(q.quant->scale() * q.quant->scale()));
  CHECK(ToVector<int8_t>(q) == std::vector<int8_t>{0, 0});
}

TEST_CASE("Weights that are not finite name their constant", "[quantization]") {
  const float bad = GENERATE(NAN, INFINITY, -INFINITY);
  const Tensor weights = MakeConstantTensor("layer/w", {1, 2}, std::vector<float>{1, bad});
  const auto is_error = IsError(ErrorKind::kUnusable, "constant 'layer/w'");
  CHECK_THAT(ErrorOf([&] { Stored(weights, {}); }), is_error);
  CHECK_THAT(ErrorOf([&] { Stored(weights, {.asymmetric = true}); }), is_error);
  CHECK_THAT(ErrorOf([&] { ToFloat16(weights); }), is_error);
}

TEST_CASE("A constant is rounded and saturated to given parameters", "[quantization]") {
  const Tensor constant =
      MakeConstantTensor("c", {5}, std::vector<float>{0, 0.3F, -0.75F, 1e6F, -INFINITY});
  const Tensor q = QuantizeConstant(constant, ElementType::kInt8, PerLayer(0.5F, -20));
  CHECK(q.quant == PerLayer(0.5F, -20));
  CHECK(ToVector<int8_t>(q) == std::vector<int8_t>{-20, -19, -22, 127, -128});
  const Tensor bad = MakeConstantTensor("c", {1}, std::vector<float>{NAN});
  CHECK_THAT(ErrorOf([&] { QuantizeConstant(bad, ElementType::kInt8, PerLayer(1, 0)); }),
             IsError(ErrorKind::kUnusable, "constant 'c'"));
}

TEST_CASE("A bias is int32 in units of input scale times weight scale", "[quantization]") {
  const bool per_channel = GENERATE(true, false);
  const Tensor weights = UnevenWeights(0);
  const Tensor bias = MakeConstantTensor("b", {2}, std::vector<float>{0.3F, -17});
  const float input_scale = 0.02F;
  const QuantizedWeights q = WithBias(weights, bias, input_scale, {.per_channel = per_channel});
  REQUIRE(q.bias);
  CHECK(q.bias->type == ElementType::kInt32);
  CHECK(q.weights.quant == Stored(weights, {.per_channel = per_channel}).quant);
  REQUIRE(q.bias->quant->scales.size() == q.weights.quant->scales.size());
  for (size_t c = 0; c < 2; ++c) {
    const size_t s = per_channel ? c : 0;
    const double scale = double{input_scale} * double{q.weights.quant->scales[s]};
    CHECK(double{q.bias->quant->scales[s]} == Approx(scale).epsilon(1e-6));
    CHECK(q.bias->quant->zero_points[s] == 0);
    CHECK(q.bias->Values<int32_t>()[c] == std::lround(double{bias.Values<float>()[c]} / scale));
  }
}

TEST_CASE("A bias that would overflow int32 widens the scale of its channel", "[quantization]") {
  // Channel 1 is nearly switched off but keeps its bias: 1e3 / (0.01 x 1e-9 / 127) is 1e16.
  const Tensor weights = MakeConstantTensor("w", {2, 2}, std::vector<float>{1, -1, 1e-9F, 0});
  const Tensor bias = MakeConstantTensor("b", {2}, std::vector<float>{5, 1e3F});
  const QuantizedWeights q = WithBias(weights, bias, 0.01F, {});
  CHECK(q.weights.quant->scales[0] == Stored(weights, {}).quant->scales[0]);
  for (size_t c = 0; c < 2; ++c) {
    const auto steps = static_cast<double>(q.bias->Values<int32_t>()[c]);
    CHECK(std::abs(steps) <= 0x1p30);
    const double scale = double{q.bias->quant->scales[c]};
    const auto real = double{bias.Values<float>()[c]};
    // Half a step; and the stored scale is a product rounded to float.
    CHECK(std::abs(steps * scale - real) <= 0.5 * scale + std::abs(real) * 0x1p-22);
  }
  CHECK(q.weights.Values<int8_t>()[2] == 0);  // such weights no longer count
}

TEST_CASE("Per layer the largest bias decides how wide the scale gets", "[quantization]") {
  const Tensor weights = MakeConstantTensor("w", {2, 1}, std::vector<float>{1e-9F, 1e-9F});
  const Tensor bias = MakeConstantTensor("b", {2}, std::vector<float>{-1e3F, 1});
  const QuantizedWeights q = WithBias(weights, bias, 0.01F, {.per_channel = false});
  const std::span<const int32_t> steps = q.bias->Values<int32_t>();
  CHECK(std::abs(static_cast<double>(steps[0]) + 0x1p30) <= 0x1p30 * 0x1p-22);
  CHECK(static_cast<double>(steps[1]) == Approx(0x1p30 / 1e3).epsilon(1e-6));
}

TEST_CASE("A bias that is not finite names its weights", "[quantization]") {
  const Tensor weights = MakeConstantTensor("w", {1, 1}, std::vector<float>{1});
  const Tensor bias = MakeConstantTensor("b", {1}, std::vector<float>{NAN});
  CHECK_THAT(ErrorOf([&] { WithBias(weights, bias, 1, {}); }),
             IsError(ErrorKind::kUnusable, "constant 'w'"));
}

TEST_CASE("Float16 weights are the nearest halves", "[quantization]") {
  const Tensor weights = MakeConstantTensor("w", {500}, RandomFloats(500, 2, -100, 100));
  const Tensor halves = ToFloat16(weights);
  CHECK(halves.type == ElementType::kFloat16);
  CHECK_FALSE(halves.quant);
  for (size_t i = 0; i < 500; ++i) {
    const double real = double{weights.Values<float>()[i]};
    // A half has 11 significant bits, and 2^-24 is the least it knows.
    const double error = std::max(std::abs(real) * 0x1p-11, 0x1p-25);
    REQUIRE(std::abs(double{FromFloat16(halves.Values<uint16_t>()[i])} - real) <= error);
  }
  const Tensor large = MakeConstantTensor("w", {1}, std::vector<float>{70000});
  CHECK_THAT(ErrorOf([&] { ToFloat16(large); }), IsError(ErrorKind::kUnusable, "float16"));
}

}  // namespace
}  // namespace qconvert
