#include "lib/math/softmax.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "lib/base/error.h"
#include "lib/math/fixed_point_functions.h"

namespace qconvert {
namespace {

constexpr int kDifferenceBits = 5;  // exp takes Q5.26
constexpr int kSumBits = 12;        // sums are Q12.19: rows whose exps add up to less than 4096
constexpr int32_t kMax32 = std::numeric_limits<int32_t>::max();

int32_t Maximum(std::span<const int8_t> row) { return *std::max_element(row.begin(), row.end()); }

int8_t Saturate(int32_t x) { return static_cast<int8_t>(std::clamp(x, -128, 127)); }

// The sum of exp(x - maximum) over a row, Q12.19.
int32_t SumOfExps(const SoftmaxScaling& scaling, std::span<const int8_t> row, int32_t maximum) {
  int64_t sum = 0;
  for (const int8_t q : row) {
    const int32_t difference = q - maximum;
    if (difference < scaling.smallest_difference) continue;
    const int32_t exp = ExpOfNegative(Multiply(difference, scaling.multiplier));
    sum += RoundingShiftRight(exp, kSumBits);
  }
  return static_cast<int32_t>(std::min<int64_t>(sum, kMax32));
}

}  // namespace

SoftmaxScaling PrepareSoftmax(float input_scale, float beta) {
  const double real = std::min(double{beta} * double{input_scale} * (1 << (31 - kDifferenceBits)),
                               static_cast<double>(kMax32));
  if (!(real > 1.0)) Fail(ErrorKind::kUnusable, "Softmax: the input's scale is too small");
  SoftmaxScaling scaling;
  scaling.multiplier = QuantizeMultiplier(real);
  const int shift = scaling.multiplier.shift;
  const int64_t radius = int64_t{(1 << kDifferenceBits) - 1} << (31 - kDifferenceBits);
  scaling.smallest_difference = -static_cast<int32_t>(radius >> shift);
  scaling.back = QuantizeMultiplier(std::ldexp(1.0, 31 - shift) / scaling.multiplier.m);
  return scaling;
}

void SoftmaxRow(const SoftmaxScaling& scaling, std::span<const int8_t> input,
                std::span<int8_t> output) {
  if (input.empty()) return;
  const int32_t maximum = Maximum(input);
  const Reciprocal sum = ReciprocalOf(SumOfExps(scaling, input, maximum), kSumBits);
  // Beyond 31, when exps add up to 512 or more, every probability is below half a step.
  const int right_shift = sum.bits_over_one + 31 - 8;
  for (size_t i = 0; i < input.size(); ++i) {
    const int32_t difference = input[i] - maximum;
    if (difference < scaling.smallest_difference) {
      output[i] = -128;
      continue;
    }
    const int32_t exp = ExpOfNegative(Multiply(difference, scaling.multiplier));
    output[i] = Saturate(RoundingShiftRight(RoundingHighMul(sum.mantissa, exp), right_shift) - 128);
  }
}

void LogSoftmaxRow(const SoftmaxScaling& scaling, std::span<const int8_t> input,
                   std::span<int8_t> output) {
  if (input.empty()) return;
  const int32_t maximum = Maximum(input);
  const int32_t log_sum = LogOfAtLeastOne(SumOfExps(scaling, input, maximum));
  const int32_t lowest =
      std::max(scaling.smallest_difference - 1,
               Multiply(log_sum + std::numeric_limits<int32_t>::min(), scaling.back));
  for (size_t i = 0; i < input.size(); ++i) {
    const int32_t difference = input[i] - maximum;
    if (difference <= lowest) {
      output[i] = -128;
      continue;
    }
    const int32_t log = Multiply(difference, scaling.multiplier) - log_sum;
    output[i] = Saturate(RoundingShiftRight(log, 31 - kDifferenceBits - 4) + 127);
  }
}

double WideSoftmax::Ratio(float input_scale, float beta) {
  return double{input_scale * beta} / (10.0 / 65535.0);
}

WideSoftmax::WideSoftmax(float input_scale, float beta)
    : multiplier_(QuantizeMultiplier(Ratio(input_scale, beta))),
      exp_(InterpolatedTableOf<double>([](double x) { return std::exp(x); }, 10.0 / 65535, 32767,
                                       2.0 / 65535)),
      reciprocal_(InterpolatedTableOf<double>([](double x) { return 1.0 / (1.0 + x); }, 1.0 / 65535,
                                              -32768, 2.0 / 65535)) {}

// exps and their sum have 15 fractional bits. The sum is shifted to [1, 2), where the table gives
// its reciprocal.
void WideSoftmax::Row(std::span<const int16_t> input, std::span<int16_t> output) const {
  if (input.empty()) return;
  const auto saturate = [](int64_t x) {
    return static_cast<int16_t>(std::clamp<int64_t>(x, -32768, 32767));
  };
  const int32_t maximum = *std::max_element(input.begin(), input.end());
  int64_t sum = 0;
  for (size_t i = 0; i < input.size(); ++i) {
    const int64_t scaled = Multiply(input[i] - maximum, multiplier_);
    output[i] = Interpolate(exp_, saturate(scaled + 32767));
    sum += output[i];
  }
  sum = std::min<int64_t>(sum, kMax32);
  const int headroom = std::countl_zero(static_cast<uint32_t>(sum)) - 1;
  const int64_t mantissa = ((sum << headroom) + (1 << 13)) >> 14;  // of the sum, in [2^16, 2^17]
  const int64_t reciprocal = Interpolate(reciprocal_, saturate(mantissa - (1 << 15) - (1 << 16)));
  const int right_shift = 30 - headroom;
  for (int16_t& value : output) {
    const int64_t probability = (value * reciprocal + (1 << (right_shift - 1))) >> right_shift;
    value = static_cast<int16_t>(std::clamp<int64_t>(probability, 0, 32767));
  }
}

}  // namespace qconvert
