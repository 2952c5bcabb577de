#include "lib/calibration/value_sums.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/calibration/cheapest_range.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

TEST_CASE("The cost of clipping is that of a plain loop over the values", "[calibration]") {
  const std::vector<float> values = NormalFloats(20000, 3);
  const Histogram histogram(values);
  const ValueSums sums(histogram, {-9, 9}, kInt8Steps);
  for (double end : {0.5, 1.5, 2.5, 3.5}) {
    double above = 0, below = 0, beyond = 0;
    for (float value : values) {
      above += std::pow(std::max(0.0, double{value} - end), 2);
      below += std::pow(std::max(0.0, -end - double{value}), 2);
      beyond += std::abs(double{value}) > end ? 1 : 0;
    }
    // A value is moved by at most half a bin: |(a+e)^2 - a^2| <= e (2 a + e), a below 6.
    const double tolerance = beyond * histogram.width() / 2 * (2 * 6 + histogram.width());
    CHECK(std::abs(sums.SquaresAbove(end) - above) <= tolerance);
    CHECK(std::abs(sums.SquaresBelow(-end) - below) <= tolerance);
  }
}

TEST_CASE("The cost of rounding is that of rounding the values", "[calibration]") {
  const std::vector<float> values = NormalFloats(50000, 3);
  const ValueSums sums(Histogram(values), {-9, 9}, kInt8Steps);
  const double low = -6, high = 6, step = (high - low) / 255;
  double squares = 0;
  for (float value : values)
    squares += std::pow(double{value} - std::round(value / step) * step, 2);
  // 50,000 squared errors have a relative spread of sqrt(4 / 5 / 50000) = 0.4 %.
  CHECK(sums.SquaresOfRounding(low, high) == Approx(squares).epsilon(0.02));
}

TEST_CASE("Zeros cost nothing, whatever the range", "[calibration]") {
  std::vector<float> values(10000, 0.0F);
  values.push_back(1);
  const ValueSums sums(Histogram(values), {0, 1}, kInt8Steps);
  const double step = 1.0 / 255;
  CHECK(sums.SquaresOfRounding(0, 1) <= step * step / 12);
  CHECK(sums.SquaresBelow(0) == 0);
}

TEST_CASE("Values that were left out cost nothing", "[calibration]") {
  std::vector<float> values = NormalFloats(1000, 3);
  values.push_back(1e6F);
  CHECK(ValueSums(Histogram(values), {-9, 9}, kInt8Steps).SquaresAbove(9) == 0);
}

TEST_CASE("The cheapest range is found where a bowl has its bottom", "[calibration]") {
  const auto bowl = [](double low, double high) {
    return std::pow(low + 0.5, 2) + std::pow(high - 0.75, 2);
  };
  CHECK(CheapestRange({-1, 1}, {}, {-1, 1}, bowl) == Range{-0.5F, 0.75F});
  CHECK(CheapestRange({-0.25F, 0.25F}, {-0.25F, 0.25F}, {-1, 1}, bowl).min ==
        Approx(-0.5F).margin(0.75 / 128));
  CHECK(CheapestRange({-0.25F, 0.9F}, {-0.25F, 0.9F}, {-1, 1}, bowl).max == 0.9F);
}

}  // namespace
}  // namespace qconvert
