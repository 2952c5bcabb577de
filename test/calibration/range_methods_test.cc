#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/calibration/extremes.h"
#include "lib/calibration/range_method.h"
#include "lib/calibration/sample_extremes.h"
#include "test/support/errors.h"
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

Range MovingAverage(const std::vector<Range>& samples, float decay = 0.95F) {
  return kMovingAverage.choose(SampleExtremes(samples), {decay});
}

TEST_CASE("Methods have names of their own, and are found by them", "[calibration]") {
  for (const RangeMethod* method : RangeMethods()) {
    CHECK(&RangeMethodNamed(method->name) == method);
    CHECK_FALSE(method->help.empty());
    CHECK_FALSE(method->describe({}).empty());
  }
  CHECK_THAT(ErrorOf([] { RangeMethodNamed("best"); }),
             IsError(ErrorKind::kUsage, "'best'; there are min-max, moving-average"));
}

TEST_CASE("Without a wish ranges are the extremes", "[calibration]") {
  CHECK(RangeMethods().front() == &kMinMax);
  CHECK(kMinMax.choose(Extremes({-3, 5}), {}) == Range{-3, 5});
}

TEST_CASE("The first sample begins the average, it is not averaged with anything",
          "[calibration]") {
  CHECK(MovingAverage({{-3, 5}}) == Range{-3, 5});
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
    const Range range = MovingAverage(samples, static_cast<float>(decay));
    // Each of 50 steps rounds three times, at a size of at most 9; decay itself is rounded.
    const double error = 50 * 4 * 9 * 0x1p-24;
    CHECK(std::abs(double{range.min} - min) < error);
    CHECK(std::abs(double{range.max} - max) < error);
  }
}

TEST_CASE("Late samples count more than early ones in a moving average", "[calibration]") {
  const Range narrow{-1, 1}, wide{-10, 10};
  CHECK(MovingAverage({narrow, narrow, wide}).max < MovingAverage({wide, narrow, narrow}).max);
  CHECK(MovingAverage({narrow, narrow, wide}, 0.5F).max == 5.5F);
}

TEST_CASE("Ranges are averaged as they were seen, not relaxed to zero before", "[calibration]") {
  CHECK(MovingAverage({{-4, -2}, {2, 4}}, 0.5F) == Range{-1, 1});
}

TEST_CASE("A decay that is none is refused", "[calibration]") {
  for (float decay : {-0.5F, 1.0F, NAN}) {
    CHECK_THAT(ErrorOf([&] {
                 MovingAverage({{0, 1}}, decay);
               }),
               IsError(ErrorKind::kUsage, "--decay is not in [0, 1)"));
  }
}

}  // namespace
}  // namespace qconvert
