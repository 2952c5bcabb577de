#include "lib/calibration/tail.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

TEST_CASE("A tail is fitted by the mean excess over its threshold", "[calibration]") {
  const std::vector<double> outermost{9, 6, 4, 3};
  const Tail tail = FitTail(4, [&](size_t i) { return outermost[i]; });
  CHECK(tail.threshold == 3);
  CHECK(tail.count == 3);
  CHECK(tail.mean_excess == Approx((6 + 3 + 1) / 3.0));
}

TEST_CASE("What a tail expects beyond an end is the integral over its density", "[calibration]") {
  const Tail tail{2, 0.5, 8};
  for (double end : {2.0, 2.5, 4.0}) {
    // The trapezoid rule over 40 mean excesses in steps of a thousandth of one.
    double integral = 0;
    constexpr double kStep = 0.5e-3;
    for (int i = 0; i < 40000; ++i) {
      const double x = end + kStep * i;
      integral += kStep * (x - end) * (x - end) * 8 / 0.5 * std::exp(-(x - 2) / 0.5);
    }
    CHECK(tail.SquaresBeyond(end) == Approx(integral).epsilon(1e-5));
  }
}

TEST_CASE("Beyond the end of a chance a value is expected that often", "[calibration]") {
  const Tail tail{2, 0.5, 8};
  CHECK(8 * std::exp(-(tail.EndOf(1e-4) - 2) / 0.5) == Approx(1e-4));
}

TEST_CASE("Equal values have no tail", "[calibration]") {
  const Tail tail = FitTail(5, [](size_t) { return 6.0; });
  CHECK(tail.SquaresBeyond(6) == 0);
  CHECK(tail.EndOf(1e-4) == 6);
}

}  // namespace
}  // namespace qconvert
