#include "lib/math/weight_scale.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/math/channel_moments.h"
#include "lib/math/quantize.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

/// One output channel with what it multiplies.
struct Channel {
  std::vector<float> weights, mean, variance;
  float largest = 0;  // max|w| / 127

  Channel(size_t taps, size_t inputs, uint64_t seed)
      : weights(RandomFloats(taps * inputs, seed)),
        mean(RandomFloats(inputs, seed + 1, 0, 1)),
        variance(RandomFloats(inputs, seed + 2, 0.1F, 2)) {
    for (float w : weights) largest = std::max(largest, std::abs(w) / 127);
  }
  WeightedInputs View() const { return {weights, mean, variance}; }
};

/// The rounding errors of the weights, [taps, inputs], in units of the scale.
std::vector<double> Errors(const Channel& channel, float scale, IntegerLimits limits) {
  std::vector<double> errors;
  for (float w : channel.weights) {
    errors.push_back(QuantizeValue(w, {scale, 0}, limits) - double{w} / double{scale});
  }
  return errors;
}

double PlainHarm(const Channel& channel, float scale, IntegerLimits limits) {
  const std::vector<double> errors = Errors(channel, scale, limits);
  const size_t inputs = channel.mean.size();
  double spread = 0, shift = 0;
  for (size_t i = 0; i < inputs; ++i) {
    double own = 0, joint = 0;
    for (size_t at = i; at < errors.size(); at += inputs) {
      own += errors[at] * errors[at];
      joint += errors[at];
    }
    spread += double{channel.variance[i]} * (own + joint * joint) / 2;
    shift += double{channel.mean[i]} * joint;
  }
  return spread + shift * shift;
}

TEST_CASE("The harm of rounding is that of the plain formula", "[math]") {
  for (size_t inputs : {1, 3, 16, 17, 40}) {
    for (size_t taps : {1, 9}) {
      for (IntegerLimits limits : {kInt8Weights, kInt4Weights}) {
        const Channel channel(taps, inputs, 7 * inputs + taps);
        const float scale = channel.largest * 127 / static_cast<float>(limits.max) * 0.9F;
        INFO(inputs << " inputs, " << taps << " taps");
        // Products w / scale of up to 141 steps are off by 2 * 141 * 2^-24 each, errors by half
        // one.
        CHECK(double{RoundingHarm(channel.View(), scale, limits)} ==
              Approx(PlainHarm(channel, scale, limits)).epsilon(1e-3).margin(1e-3));
      }
    }
  }
}

TEST_CASE("Without neighbouring taps the harm is the mean square of what rounding adds", "[math]") {
  const Channel channel(1, 24, 5);
  const std::vector<double> errors = Errors(channel, channel.largest, kInt8Weights);
  Random random(1);
  constexpr int kDraws = 20000;
  double sum = 0, squares = 0;
  for (int n = 0; n < kDraws; ++n) {
    double added = 0;
    for (size_t i = 0; i < errors.size(); ++i) {
      const double deviation = std::sqrt(3 * double{channel.variance[i]});  // of a uniform value
      added += errors[i] * (double{channel.mean[i]} + deviation * double{random.Uniform(-1, 1)});
    }
    sum += added * added;
    squares += added * added * added * added;
  }
  const double mean = sum / kDraws;
  const double error_of_mean = std::sqrt((squares / kDraws - mean * mean) / kDraws);
  CHECK(std::abs(double{RoundingHarm(channel.View(), channel.largest, kInt8Weights)} - mean) <
        5 * error_of_mean);
}

TEST_CASE("The chosen scale never harms more than max|w| / 127 and clips nothing", "[math]") {
  double gain = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Channel channel(seed % 2 == 0 ? 9 : 1, 1 + seed, seed * 10);
    const float chosen = ChooseWeightScale(channel.View(), channel.largest, kInt8Weights);
    CHECK(chosen >= channel.largest);
    CHECK(chosen <= channel.largest * 1.2F * (1 + 0x1p-22F));
    const auto harm = [&](float scale) {
      return PlainHarm(channel, scale, kInt8Weights) * double{scale} * double{scale};
    };
    CHECK(harm(chosen) <= harm(channel.largest) * (1 + 1e-3));
    gain += std::log(harm(channel.largest) / harm(chosen)) / 50;
  }
  CHECK(gain > std::log(1.5));  // the reason for the search: a third less in the geometric mean
}

TEST_CASE("The chosen scale follows the unit of the weights", "[math]") {
  Channel channel(9, 20, 3);
  const float chosen = ChooseWeightScale(channel.View(), channel.largest, kInt8Weights);
  for (float& w : channel.weights) w *= 8;
  CHECK(ChooseWeightScale(channel.View(), 8 * channel.largest, kInt8Weights) == 8 * chosen);
}

TEST_CASE("Inputs that are always 0 leave the scale alone", "[math]") {
  Channel channel(9, 20, 3);
  std::fill(channel.mean.begin(), channel.mean.end(), 0.0F);
  std::fill(channel.variance.begin(), channel.variance.end(), 0.0F);
  CHECK(ChooseWeightScale(channel.View(), channel.largest, kInt8Weights) == channel.largest);
}

TEST_CASE("Moments that overflow leave the scale alone", "[math]") {
  Channel channel(9, 20, 3);
  channel.variance[4] = INFINITY;
  channel.mean[5] = NAN;
  CHECK(ChooseWeightScale(channel.View(), channel.largest, kInt8Weights) == channel.largest);
}

TEST_CASE("Few steps may clip the largest weights", "[math]") {
  Channel channel(1, 200, 11);
  for (size_t i = 1; i < channel.weights.size(); ++i) channel.weights[i] *= 0.3F;
  channel.weights[0] = 1;
  channel.variance[0] = 1e-4F;  // which hardly matters here
  channel.mean.assign(200, 0);
  CHECK(ChooseWeightScale(channel.View(), 1.0F / 7, kInt4Weights) < 1.0F / 7);
}

}  // namespace
}  // namespace qconvert
