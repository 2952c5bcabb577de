// Operators on int16 numbers, against real arithmetic that is rounded at the end. LiteRT's own
// numbers are compared in test/peers.
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "lib/math/quantize.h"
#include "lib/ops/op.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

constexpr int kMostWeight = 127;

/// An operand to fill with random numbers, with zero point 0: int16, or the int8 weights.
struct Operand {
  Shape shape;
  float scale = 1;
  bool weights = false;
};

Tensor RandomIntegers(const Operand& operand, uint64_t seed) {
  Random random(seed);
  const auto count = static_cast<size_t>(NumElements(operand.shape));
  const std::string name = "x" + std::to_string(seed);
  Tensor tensor;
  if (operand.weights) {
    tensor =
        MakeConstantTensor(name, operand.shape, RandomInt8(count, seed, -kMostWeight, kMostWeight));
  } else {
    std::vector<int16_t> values(count);
    for (int16_t& value : values) value = static_cast<int16_t>(random.Integer(-32768, 32767));
    tensor = MakeConstantTensor(name, operand.shape, std::move(values));
  }
  tensor.quant = PerLayer(operand.scale, 0);
  return tensor;
}

Tensor Dequantized(const Tensor& tensor) {
  std::vector<float> reals(static_cast<size_t>(tensor.elements()));
  const AffineParams params{tensor.quant->scale(), 0};
  if (tensor.type == ElementType::kInt8) {
    DequantizeValues<int8_t>(tensor.Values<int8_t>(), params, reals);
  } else {
    DequantizeValues<int16_t>(tensor.Values<int16_t>(), params, reals);
  }
  return MakeConstantTensor(tensor.name, tensor.shape, std::move(reals));
}

/// Compares reference_int16 with `evaluate` on the real numbers, rounded.
void CheckWithin(int steps, const Operator& op, const std::vector<Operand>& operands, float scale) {
  CAPTURE(OpOf(op).name, scale);
  GraphBuilder integer, real;
  std::vector<TensorId> ids, real_ids;
  std::vector<Tensor> inputs, reals;
  for (const Operand& operand : operands) {
    inputs.push_back(RandomIntegers(operand, inputs.size() + 1));
    reals.push_back(Dequantized(inputs.back()));
    const Tensor& tensor = inputs.back();
    ids.push_back(integer.Input(tensor.name, tensor.shape, tensor.type, *tensor.quant));
    real_ids.push_back(real.Input(tensor.name, tensor.shape));
  }
  integer.Output(integer.Emit(op, ids, "y", ElementType::kInt16, PerLayer(scale, 0)));
  real.Output(real.Emit(op, real_ids, "y"));
  const std::vector<float> exact = RunFloat(real.Build(), reals);
  std::vector<int16_t> expected(exact.size());
  QuantizeValues<int16_t>(exact, {scale, 0}, kInt16Limits, expected);
  CHECK_THAT(ToVector<int16_t>(RunReference(integer.Build(), inputs).front()),
             WithinSteps(expected, steps));
}

/// Fifteen bits of a multiplier are off by 2^-15 at most: a step of the largest result.
TEST_CASE("int16 products are exact to the bits of LiteRT's multiplier", "[ops]") {
  for (const float scale : {3e-3F, 0.02F, 0.11F}) {
    CheckWithin(2, Conv2D{}, {{{2, 5, 6, 7}, 1e-4F}, {{4, 3, 2, 7}, 0.01F, true}}, scale);
    CheckWithin(2, Conv2D{}, {{{1, 5, 6, 8}, 1e-4F}, {{4, 3, 2, 4}, 0.01F, true}}, scale);
    CheckWithin(2, DepthwiseConv2D{}, {{{2, 5, 6, 7}, 1e-4F}, {{1, 3, 2, 14}, 0.01F, true}}, scale);
    CheckWithin(1, FullyConnected{}, {{{9, 50}, 1e-4F}, {{20, 50}, 0.01F, true}}, scale);
    CheckWithin(2, BatchMatMul{}, {{{2, 7, 17}, 1e-4F}, {{2, 17, 5}, 1e-4F}}, scale);
    const TransposeConv2D transposed{{.stride_h = 2, .stride_w = 2}, 8, 10};
    CheckWithin(2, transposed, {{{1, 4, 5, 6}, 1e-4F}, {{3, 2, 2, 6}, 0.01F, true}}, scale);
  }
}

TEST_CASE("int16 arithmetic is exact to a step", "[ops]") {
  for (const float scale : {2e-4F, 5e-4F}) {
    CheckWithin(1, Add{}, {{{3, 50}, 1e-4F}, {{3, 50}, 2.7e-4F}}, scale);
    CheckWithin(1, Sub{Activation::kRelu}, {{{3, 50}, 1e-4F}, {{50}, 2.7e-4F}}, scale);
    CheckWithin(1, Mul{}, {{{3, 50}, 1e-4F}, {{3, 1}, 2.7e-4F}}, scale);
    CheckWithin(1, Mean{{1}, true}, {{{9, 31, 5}, 1e-4F}}, scale);
    CheckWithin(1, Relu6{}, {{{99}, 7e-4F}}, scale);
    CheckWithin(1, LeakyRelu{-0.3F}, {{{99}, 1e-4F}}, scale);
  }
}

TEST_CASE("int16 operators that keep the scale are exact", "[ops]") {
  const std::vector<Operand> picture{{{2, 6, 7, 5}, 1e-4F}};
  CheckWithin(0, MaxPool2D{3, 2, {.stride_h = 2, .stride_w = 1}}, picture, 1e-4F);
  CheckWithin(1, AveragePool2D{3, 2, {.stride_h = 2, .stride_w = 1}}, picture, 1e-4F);
  CheckWithin(0, Maximum{}, {picture[0], {{5}, 1e-4F}}, 1e-4F);
  CheckWithin(0, ReduceMin{{1}, true}, picture, 1e-4F);
  CheckWithin(0, Transpose{{0, 3, 1, 2}}, picture, 1e-4F);
  CheckWithin(0, Pad{{0, 1, 0, 0}, {0, 0, 2, 0}, -0.5F}, picture, 1e-4F);
  CheckWithin(0, ResizeNearest{9, 14, false, true}, picture, 1e-4F);
}

/// Places have ten bits: each axis' is off by half of 1/1024 for each of 14 steps, and pixels next
/// to each other by up to 65535.
TEST_CASE("int16 ResizeBilinear is exact to the bits of its places", "[ops]") {
  CheckWithin(2 * 14 * 32, ResizeBilinear{9, 14, false, true}, {{{2, 6, 7, 5}, 1e-4F}}, 1e-4F);
  CheckWithin(1, ResizeBilinear{12, 14, false, true}, {{{2, 6, 7, 5}, 1e-4F}}, 1e-4F);
}

/// Of 33 exps each is off by three steps at most: its line by 1.6, its place and itself by
/// rounding.
TEST_CASE("int16 Softmax turns rows into probabilities", "[ops]") {
  for (const float scale : {1e-4F, 5e-4F}) {
    CheckWithin(3 * 33, Softmax{}, {{{7, 33}, scale}}, 1.0F / 32768);
  }
}

/// Lines over 128 steps: 128^2 1e-8 / 8 of the second derivative, which is below 1, is 0.2 steps.
TEST_CASE("int16 Gelu is as exact as its table", "[ops]") {
  CheckWithin(2, Gelu{}, {{{500}, 1e-4F}}, 1e-4F);
  CheckWithin(2, Gelu{true}, {{{500}, 1e-4F}}, 1e-4F);
}

void RunOnZeros(const Operator& op, const QuantParams& operand, const QuantParams& result) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {4}, ElementType::kInt16, operand);
  b.Output(b.Emit(op, {x}, "y", ElementType::kInt16, result));
  Tensor input = MakeConstantTensor("x", {4}, std::vector<int16_t>(4));
  input.quant = operand;
  RunReference(b.Build(), {input});
}

TEST_CASE("int16 numbers have no zero point, and fixed scales where TFLite demands them", "[ops]") {
  CHECK_THROWS_AS(RunOnZeros(Relu{}, PerLayer(1, 3), PerLayer(1, 0)), Error);
  CHECK_THROWS_AS(RunOnZeros(Relu{}, PerLayer(1, 0), PerLayer(1, 3)), Error);
  CHECK_THROWS_AS(RunOnZeros(Softmax{}, PerLayer(0.1F, 0), PerLayer(1.0F / 128, 0)), Error);
  CHECK_THROWS_AS(RunOnZeros(Logistic{}, PerLayer(1e20F, 0), PerLayer(1.0F / 32768, 0)), Error);
  CHECK_NOTHROW(RunOnZeros(Logistic{}, PerLayer(0.1F, 0), PerLayer(1.0F / 32768, 0)));
}

}  // namespace
}  // namespace qconvert
