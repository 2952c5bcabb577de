#include "lib/math/bootstrap.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

DrawnFigure MeanOf(const std::vector<double>& values) {
  return [&values](std::span<const uint32_t> times) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += times[i] * values[i];
    return sum / static_cast<double>(values.size());
  };
}

/// Values of a normal distribution with mean 0 and deviation 1.
std::vector<double> Normal(size_t count, unsigned seed) {
  std::mt19937 random(seed);  // Box and Muller, which every library computes alike
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) {
    const double radius = std::sqrt(-2 * std::log((random() + 0.5) * 0x1p-32));
    values.push_back(radius * std::cos(2 * M_PI * (random() + 0.5) * 0x1p-32));
  }
  return values;
}

TEST_CASE("The interval of a mean is Student's", "[math]") {
  const std::vector<double> values = Normal(100, 1);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 100;
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  const double half = 1.984 * std::sqrt(squares / 99 / 100);
  const Interval interval = BootstrapIntervals(100, {MeanOf(values)}).front();
  // An end is the 50th of 2,000 draws: it varies by about a tenth of the half width.
  CHECK(interval.lower == Approx(mean - half).margin(0.3 * half));
  CHECK(interval.upper == Approx(mean + half).margin(0.3 * half));
}

TEST_CASE("Intervals of few samples miss the true mean rarely", "[math]") {
  for (size_t samples : {kFewestSamples, size_t{8}, size_t{20}}) {
    size_t below = 0, above = 0;
    constexpr size_t kTrials = 200;
    for (unsigned seed = 0; seed < kTrials; ++seed) {
      const std::vector<double> values = Normal(samples, seed);
      const Interval interval = BootstrapIntervals(samples, {MeanOf(values)}).front();
      below += interval.upper < 0;
      above += interval.lower > 0;
    }
    INFO(samples << " samples: " << below << " and " << above);
    // 5 of 200 are expected; 14 and more happen in less than 0.1 % of cases
    CHECK(below < 14);
    CHECK(above < 14);
  }
}

TEST_CASE("Too few samples, or a draw without the figure, give no interval", "[math]") {
  const std::vector<double> five(5, 1.0), six(6, 1.0);
  CHECK(std::isinf(BootstrapIntervals(5, {MeanOf(five)}).front().upper));
  CHECK(BootstrapIntervals(6, {MeanOf(six)}).front().lower == 1);
  const DrawnFigure first = [](std::span<const uint32_t> times) {
    return times[0] > 0 ? 1 : std::numeric_limits<double>::quiet_NaN();
  };
  CHECK(std::isinf(BootstrapIntervals(6, {first}).front().lower));
}

TEST_CASE("Draws are the same every time, and cover all samples alike", "[math]") {
  CHECK(DrawnSamples(50, 7) == DrawnSamples(50, 7));
  CHECK(DrawnSamples(50, 7) != DrawnSamples(50, 8));
  std::vector<size_t> times(50);
  for (size_t draw = 0; draw < kDraws; ++draw) {
    for (const uint32_t sample : DrawnSamples(50, draw)) ++times.at(sample);
  }
  for (const size_t count : times) CHECK(std::abs(static_cast<double>(count) - kDraws) < 250);
}

}  // namespace
}  // namespace qconvert
