#include "lib/calibration/range_recorder.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

std::vector<Range> RandomRanges(size_t count) {
  Random random(4);
  std::vector<Range> ranges;
  for (size_t i = 0; i < count; ++i)
    ranges.push_back({random.Uniform(-9, -1), random.Uniform(1, 9)});
  return ranges;
}

Range Fold(const std::vector<Range>& samples, RangeMethod method, float decay = 0.95F) {
  RangeRecorder recorder(1, method, decay);
  for (const Range& sample : samples) recorder.Add({sample});
  return recorder.Relaxed().at(0).value();
}

TEST_CASE("The first sample initialises, it is not averaged with anything", "[calibration]") {
  const Range only{-3, 5};
  CHECK(Fold({only}, RangeMethod::kMovingAverage) == only);
  CHECK(Fold({only}, RangeMethod::kMinMax) == only);
}

TEST_CASE("The moving average weighs each sample by its age", "[calibration]") {
  const std::vector<Range> samples = RandomRanges(50);
  for (double decay : {0.0, 0.5, 0.9, 0.95, 0.99}) {
    // The closed form: the sample of age k weighs (1 - decay) decay^k, the first one decay^k.
    double min = 0, max = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
      const double weight = std::pow(decay, static_cast<double>(samples.size() - 1 - i));
      min += (i == 0 ? 1 : 1 - decay) * weight * double{samples[i].min};
      max += (i == 0 ? 1 : 1 - decay) * weight * double{samples[i].max};
    }
    const Range range = Fold(samples, RangeMethod::kMovingAverage, static_cast<float>(decay));
    // Each of 50 steps rounds three times, at a size of at most 9; decay itself is rounded.
    const double error = 50 * 4 * 9 * 0x1p-24;
    CHECK(std::abs(double{range.min} - min) < error);
    CHECK(std::abs(double{range.max} - max) < error);
  }
}

TEST_CASE("Min and max keep the extremes whatever the order", "[calibration]") {
  std::vector<Range> samples = RandomRanges(50);
  Range extremes = samples[0];
  for (const Range& r : samples) {
    extremes = {std::min(extremes.min, r.min), std::max(extremes.max, r.max)};
  }
  CHECK(Fold(samples, RangeMethod::kMinMax) == extremes);
  std::reverse(samples.begin(), samples.end());
  CHECK(Fold(samples, RangeMethod::kMinMax) == extremes);
}

TEST_CASE("Late samples count more than early ones in a moving average", "[calibration]") {
  const Range narrow{-1, 1}, wide{-10, 10};
  CHECK(Fold({narrow, narrow, wide}, RangeMethod::kMovingAverage).max <
        Fold({wide, narrow, narrow}, RangeMethod::kMovingAverage).max);
  CHECK(Fold({narrow, narrow, wide}, RangeMethod::kMovingAverage, 0.5F).max == 5.5F);
}

TEST_CASE("One-sided ranges are relaxed to include zero", "[calibration]") {
  CHECK(Fold({{2.1F, 3.5F}}, RangeMethod::kMovingAverage) == Range{0, 3.5F});
  CHECK(Fold({{-3.5F, -2.1F}}, RangeMethod::kMinMax) == Range{-3.5F, 0});
  CHECK(Fold({{-1, 1}}, RangeMethod::kMinMax) == Range{-1, 1});
}

TEST_CASE("Ranges are averaged as they were seen, and relaxed at the end", "[calibration]") {
  // Relaxing each sample first would give (-2, 2).
  CHECK(Fold({{-4, -2}, {2, 4}}, RangeMethod::kMovingAverage, 0.5F) == Range{-1, 1});
}

TEST_CASE("Tensors that were not observed have no range", "[calibration]") {
  RangeRecorder recorder(3, RangeMethod::kMovingAverage, 0.5F);
  recorder.Add({Range{0, 1}, std::nullopt, std::nullopt});
  recorder.Add({Range{0, 3}, Range{0, 8}, std::nullopt});
  const Ranges ranges = recorder.Relaxed();
  CHECK(ranges[0] == Range{0, 2});
  CHECK(ranges[1] == Range{0, 8});
  CHECK_FALSE(ranges[2]);
}

TEST_CASE("The range of values is their smallest and largest, at every length", "[calibration]") {
  CHECK(FiniteRange({}) == Range{0, 0});
  for (size_t count = 1; count < 150; ++count) {
    const std::vector<float> values = RandomFloats(count, count, -5, 5);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    REQUIRE(FiniteRange(values) == Range{*low, *high});
  }
  constexpr float kLargest = std::numeric_limits<float>::max();
  CHECK(FiniteRange(std::vector<float>{-kLargest, kLargest}) == Range{-kLargest, kLargest});
}

TEST_CASE("One value that is not finite is found wherever it stands", "[calibration]") {
  const float bad = GENERATE(NAN, INFINITY, -INFINITY);
  for (size_t count : {1, 31, 32, 33, 64, 100}) {
    for (size_t at = 0; at < count; ++at) {
      std::vector<float> values = RandomFloats(count, 1);
      values[at] = bad;
      REQUIRE_FALSE(FiniteRange(values));
    }
  }
}

}  // namespace
}  // namespace qconvert
