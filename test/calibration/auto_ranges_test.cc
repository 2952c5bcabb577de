#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "test/calibration/seen_tensor.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

const RangeMethod& Auto() { return RangeMethodNamed("auto"); }

/// Values with exponential tails on both sides.
std::vector<float> Laplace(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) {
    const float size = -std::log(random.Uniform(1e-6F, 1));
    values.push_back(i % 2 == 0 ? size : -size);
  }
  return values;
}

/// Returns what rounding to 255 steps and clipping, four times as bad, cost the values.
double ErrorOf(const std::vector<std::vector<float>>& samples, Range range) {
  const double step = (double{range.max} - double{range.min}) / 255;
  double error = 0;
  for (const auto& values : samples) {
    for (float value : values) {
      const double inside = std::clamp(value, range.min, range.max);
      error += std::pow(std::round(inside / step) * step - inside, 2) +
               4 * std::pow(double{value} - inside, 2);
    }
  }
  return error;
}

TEST_CASE("Auto clips long tails as far as that pays", "[calibration]") {
  std::vector<std::vector<float>> samples;
  for (uint64_t i = 0; i < 20; ++i) {
    samples.push_back(Laplace(2048, i));
    for (float& value : samples.back()) value *= std::abs(value);
  }
  const Range range = SeenTensor(Auto(), samples).Choose().range;
  const Range extremes = SeenTensor(RangeMethodNamed("min-max"), samples).Choose().range;
  double least = HUGE_VAL;
  for (int i = 1; i <= 50; ++i) {
    const float share = static_cast<float>(i) / 50;
    least = std::min(least, ErrorOf(samples, {share * extremes.min, share * extremes.max}));
  }
  CHECK(range.max - range.min < extremes.max - extremes.min);
  CHECK(ErrorOf(samples, range) < ErrorOf(samples, extremes));
  // The histogram's bins and the expected instead of the true rounding error cost some percent.
  CHECK(ErrorOf(samples, range) < 1.1 * least);
}

TEST_CASE("Auto does not clip what many values share", "[calibration]") {
  std::vector<std::vector<float>> samples;
  for (uint64_t i = 0; i < 10; ++i) {
    samples.push_back(RandomFloats(2000, i, 0, 9));
    for (float& value : samples.back()) value = std::min(value, 6.0F);
  }
  CHECK(SeenTensor(Auto(), samples).Choose().range == Range{0, 6});
}

TEST_CASE("Few values are continued beyond those that were seen", "[calibration]") {
  std::vector<std::vector<float>> seen;
  for (uint64_t i = 0; i < 60; ++i) seen.push_back(Laplace(10, i));
  const Range range = SeenTensor(Auto(), seen).Keep().range;
  // 6,000 further values: of an exponential tail the largest is ln 3000 = 8 on average.
  const std::vector<float> unseen = Laplace(6000, 99);
  const auto beyond = [&](Range within) {
    return std::count_if(unseen.begin(), unseen.end(),
                         [&](float v) { return v < within.min || v > within.max; });
  };
  Range extremes;
  for (const auto& values : seen) {
    for (float value : values) {
      extremes = {std::min(extremes.min, value), std::max(extremes.max, value)};
    }
  }
  CHECK(range.min <= extremes.min);
  CHECK(range.max >= extremes.max);
  CHECK(beyond(extremes) > 0);
  CHECK(beyond(range) == 0);
  CHECK(range.max - range.min < 2 * (extremes.max - extremes.min));
}

TEST_CASE("A range ends where its producer does", "[calibration]") {
  std::vector<std::vector<float>> seen;
  for (uint64_t i = 0; i < 60; ++i) {
    seen.push_back(Laplace(10, i));
    for (float& value : seen.back()) value = std::clamp(value, 0.0F, 5.9F);
  }
  const Range range = SeenTensor(Auto(), seen).Keep({0, 6}).range;
  CHECK(range.min == 0);
  CHECK(range.max <= 6);
}

TEST_CASE("Values that never vary are taken as they are", "[calibration]") {
  CHECK(SeenTensor(Auto(), {{-1, 3}, {-1, 3}, {-1, 3}, {-1, 3}}).Keep().range == Range{-1, 3});
  CHECK(SeenTensor(Auto(), {{2}}).Keep().range == Range{0, 2});
}

TEST_CASE("A broken sample is left out and named", "[calibration]") {
  std::vector<std::vector<float>> samples;
  for (uint64_t i = 0; i < 30; ++i) samples.push_back(Laplace(500, i));
  for (float& value : samples[11]) value *= 255;
  for (const RangeChoice& choice :
       {SeenTensor(Auto(), samples).Choose(), SeenTensor(Auto(), samples).Keep()}) {
    CHECK(choice.left_out == std::vector<size_t>{11});
    CHECK(choice.range.max < 30);
    CHECK(choice.range.min > -30);
  }
}

}  // namespace
}  // namespace qconvert
