#include "lib/tuning/optimizer.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/tuning/schedule.h"
#include "test/support/random.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

constexpr size_t kCount = 7, kSteps = 20;
constexpr double kRate = 0.01, kDecay = 0.1, kMomentum = 0.8;

/// Moves parameters by the gradients 2 (value - target) with a method of the list.
std::vector<float> MovedBy(std::string_view name) {
  const OptimizerMethod& method = *FindOptimizerMethod(name);
  std::vector<float> values(kCount, 1), moments(kCount * method.moments);
  const std::vector<float> targets = RandomFloats(kCount, 1);
  for (size_t step = 1; step <= kSteps; ++step) {
    std::vector<float> gradients(kCount);
    for (size_t i = 0; i < kCount; ++i) gradients[i] = 2 * (values[i] - targets[i]);
    method.move({values, gradients, moments, step, kRate, kDecay}, {.momentum = kMomentum});
  }
  return values;
}

TEST_CASE("SGD moves by a velocity that keeps a part of itself", "[tuning]") {
  const std::vector<float> targets = RandomFloats(kCount, 1);
  std::vector<float> expected;
  for (float target : targets) {
    double value = 1, velocity = 0;
    for (size_t step = 0; step < kSteps; ++step) {
      velocity = kMomentum * velocity + 2 * (value - double{target}) + kDecay * value;
      value -= kRate * velocity;
    }
    expected.push_back(static_cast<float>(value));
  }
  CHECK_THAT(MovedBy("sgd"), WithinError(expected, 1e-5));
}

TEST_CASE("Adam moves by the ratio of unbiased moments, and weights decay by themselves",
          "[tuning]") {
  const std::vector<float> targets = RandomFloats(kCount, 1);
  std::vector<float> expected;
  for (float target : targets) {
    double value = 1, m = 0, v = 0;
    for (size_t t = 1; t <= kSteps; ++t) {
      const double g = 2 * (value - double{target});
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const double mean = m / (1 - std::pow(0.9, t)), square = v / (1 - std::pow(0.999, t));
      value -= kRate * mean / (std::sqrt(square) + 1e-8) + kRate * kDecay * value;
    }
    expected.push_back(static_cast<float>(value));
  }
  CHECK_THAT(MovedBy("adam"), WithinError(expected, 1e-5));
}

TEST_CASE("A rate grows in a line and falls along a cosine to 0", "[tuning]") {
  const Schedule schedule{Schedule::Kind::kCosine, 1, 10, 110};
  CHECK(RateAt(schedule, 0) == Approx(1.0 / 11));
  CHECK(RateAt(schedule, 10) == Approx(1));
  CHECK(RateAt(schedule, 60) == Approx(0.5));
  CHECK(RateAt(schedule, 109) < 1e-3);
}

TEST_CASE("A rate falls in steps after half and three quarters of a training", "[tuning]") {
  const Schedule schedule{Schedule::Kind::kStep, 1, 0, 100};
  CHECK(RateAt(schedule, 49) == Approx(1));
  CHECK(RateAt(schedule, 50) == Approx(0.1));
  CHECK(RateAt(schedule, 75) == Approx(0.01));
  CHECK(RateAt({Schedule::Kind::kConstant, 1, 0, 100}, 99) == Approx(1));
}

TEST_CASE("A relative rate is lower where steps are few, an absolute one is not", "[tuning]") {
  const OptimizerMethod &adam = *FindOptimizerMethod("adam"), &sgd = *FindOptimizerMethod("sgd");
  CHECK(UsualRate(adam, 1000) == adam.usual_rate);
  CHECK(UsualRate(adam, 50000) == adam.usual_rate);
  CHECK(UsualRate(adam, 100) == Approx(adam.usual_rate / 10));
  CHECK(UsualRate(sgd, 100) == sgd.usual_rate);
}

}  // namespace
}  // namespace qconvert
