#include "lib/quantization/soft_rounding.h"

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

constexpr double kStep = 1e-6;

template <typename Function>
double Difference(const Function& f, double at) {
  return (f(at + kStep) - f(at - kStep)) / (2 * kStep);
}

TEST_CASE("The slope of the soft step is its difference quotient", "[quantization]") {
  for (double v = -5; v <= 5; v += 0.37) {
    CHECK(SoftStepSlope(v) == Approx(Difference(SoftStep<double>, v)).margin(1e-9));
  }
}

TEST_CASE("A variable begins where its step is the weight's fraction", "[quantization]") {
  for (double h = 0; h < 1; h += 0.09)
    CHECK(SoftStep(SoftStepInverse(h)) == Approx(h).margin(1e-7));
}

TEST_CASE("The slope of the penalty is its difference quotient", "[quantization]") {
  const double exponent = GENERATE(2, 3.5, 20);
  for (double h = 0.03; h < 1; h += 0.11) {
    const auto penalty = [&](double at) { return Penalty(at, exponent); };
    CHECK(PenaltySlope(h, exponent) == Approx(Difference(penalty, h)).margin(1e-8));
  }
}

TEST_CASE("The exponent falls from 20 to 2 behind a fifth without a penalty", "[quantization]") {
  CHECK(PenaltyExponent(0.19F) == 0);
  CHECK(PenaltyExponent(0.2F) == Approx(20));
  CHECK(PenaltyExponent(0.6F) == Approx(11));
  CHECK(PenaltyExponent(1) == Approx(2));
}

}  // namespace
}  // namespace qconvert
