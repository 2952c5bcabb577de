#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/calibration/range_method.h"
#include "test/calibration/seen_tensor.h"
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
  std::vector<std::vector<float>> values;
  for (const Range& range : samples) values.push_back({range.min, range.max});
  return SeenTensor(RangeMethodNamed("moving-average"), values).Choose({.decay = decay}).range;
}

TEST_CASE("Methods have names of their own, and are found by them", "[calibration]") {
  for (const RangeMethod* method : RangeMethods()) {
    CHECK(&RangeMethodNamed(method->name) == method);
    CHECK_FALSE(method->help.empty());
    CHECK_FALSE(method->describe({}).empty());
  }
  CHECK_THAT(ErrorOf([] { RangeMethodNamed("best"); }),
             IsError(ErrorKind::kUsage, "'best'; there are auto, min-max, moving-average"));
}

TEST_CASE("Every method gives a range within the extremes, whatever the values", "[calibration]") {
  const std::vector<std::vector<std::vector<float>>> tensors{
      {{0}},
      {{3}, {3}},
      {{-2, 5}, {1, 1}},
      {std::vector<float>(5000, 0.0F)},
      {RandomFloats(5000, 1), RandomFloats(5000, 2)},
      {RandomFloats(9000, 3, 100, 101)}};
  for (const RangeMethod* method : RangeMethods()) {
    for (const auto& samples : tensors) {
      const Range range = SeenTensor(*method, samples).Choose().range;
      INFO(method->name << " " << samples.front().front() << " " << range.min << " " << range.max);
      CHECK(range.min <= range.max);
      CHECK(std::isfinite(range.min));
      CHECK(std::isfinite(range.max));
    }
  }
}

TEST_CASE("auto clips no tensor that has 16 bits", "[calibration]") {
  const std::vector<std::vector<float>> samples{NormalFloats(5000, 1), NormalFloats(5000, 2)};
  const SeenTensor tensor(RangeMethodNamed("auto"), samples);
  const auto [least, most] = std::minmax_element(samples[0].begin(), samples[0].end());
  const Range narrow = tensor.Choose().range;
  const Range wide = tensor.Choose({.steps = kInt16Steps}).range;
  CHECK(narrow.max < wide.max);
  CHECK(wide.min <= *least);
  CHECK(wide.max >= *most);
}

TEST_CASE("Methods that read histograms do not ask for the order of samples", "[calibration]") {
  const std::vector<float> a = RandomFloats(3000, 1), b = RandomFloats(3000, 2, -4, 9),
                           c = RandomFloats(3000, 3, -1, 0);
  for (const char* name : {"auto", "percentile", "mse", "octav", "kl", "min-max"}) {
    INFO(name);
    const RangeMethod& method = RangeMethodNamed(name);
    const Range range = SeenTensor(method, {a, b, c}).Choose().range;
    CHECK(SeenTensor(method, {c, a, b}).Choose().range == range);
    CHECK(SeenTensor(method, {b, c, a}).Choose().range == range);
  }
}

TEST_CASE("Min/max is the extremes", "[calibration]") {
  CHECK(SeenTensor(RangeMethodNamed("min-max"), {{-3, 1}, {-1, 5}}).Choose().range == Range{-3, 5});
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

TEST_CASE("The percentile leaves out half of the rest at each end", "[calibration]") {
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<float>(i));
  const SeenTensor tensor(RangeMethodNamed("percentile"), {values});
  const Range range = tensor.Choose({.percentile = 90}).range;
  CHECK(range.min == Approx(50).margin(1));
  CHECK(range.max == Approx(949).margin(1));
  CHECK(tensor.Choose({.percentile = 100}).range == Range{0, 999});
  CHECK_THAT(ErrorOf([&] { tensor.Choose({.percentile = 50}); }),
             IsError(ErrorKind::kUsage, "--percentile"));
}

TEST_CASE("The least squared error is that of trying every range", "[calibration]") {
  std::vector<float> values = NormalFloats(2000, 3);
  for (int i = 0; i < 4; ++i) values[static_cast<size_t>(i)] *= 20;
  const auto error_of = [&](Range range) {
    const float step = (range.max - range.min) / 255;
    double squares = 0;
    for (float v : values) {
      const double clipped = std::clamp(v, range.min, range.max);
      squares += std::pow(std::round(clipped / step) * step - v, 2);
    }
    return squares;
  };
  const char* name = GENERATE("mse", "octav");
  const Range chosen = SeenTensor(RangeMethodNamed(name), {values}).Choose().range;
  double least = HUGE_VAL;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  for (int i = 1; i <= 100; ++i) {
    for (int k = 1; k <= 100; ++k) {
      least = std::min(least, error_of({*low * static_cast<float>(i) / 100,
                                        *high * static_cast<float>(k) / 100}));
    }
  }
  // The histogram's bins and the expected instead of the true rounding error cost some percent.
  CHECK(error_of(chosen) <= 1.1 * least);
}

TEST_CASE("The least divergence clips a few far values and keeps a plateau", "[calibration]") {
  std::vector<float> far = RandomFloats(2000, 5, 0, 1);
  for (int i = 0; i < 100; ++i) far[static_cast<size_t>(i)] = 30 + static_cast<float>(i) / 100;
  CHECK(SeenTensor(RangeMethodNamed("kl"), {far}).Choose().range.max < 31);
  const std::vector<float> flat = RandomFloats(2000, 5, 0, 1);
  CHECK(SeenTensor(RangeMethodNamed("kl"), {flat}).Choose().range.max > 0.9F);
}

TEST_CASE("A decay that is none is refused", "[calibration]") {
  for (float decay : {-0.5F, 1.0F, NAN}) {
    CHECK_THAT(ErrorOf([&] {
                 MovingAverage({{0, 1}}, decay);
               }),
               IsError(ErrorKind::kUsage, "--decay is not in [0, 1)"));
  }
}

TEST_CASE("OCTAV's ends are where its own recursion stands still", "[calibration]") {
  // Symmetric values: the paper's recursion on magnitudes, s <- sum of those above s, divided by
  // their number and a third of the others' over 255^2.
  std::vector<float> values = NormalFloats(1000, 9);
  for (size_t i = 0; i < 20; ++i) values[i] *= 30;
  for (size_t i = 0; i < 1000; ++i) values.push_back(-values[i]);
  const Range chosen = SeenTensor(RangeMethodNamed("octav"), {values}).Choose().range;
  double s = 1;
  for (int round = 0; round < 200; ++round) {
    double above = 0, sum = 0;
    for (float v : values) {
      if (std::abs(v) <= s) continue;
      above += 1;
      sum += std::abs(double{v});
    }
    s = sum / (above + (static_cast<double>(values.size()) - above) / (3 * 255.0 * 255.0));
  }
  CHECK(chosen.max == Approx(s).epsilon(0.02));  // bins, and values that round to zero
  CHECK(chosen.min == Approx(-s).epsilon(0.02));
}

TEST_CASE("OCTAV leaves zero where a tensor ends there", "[calibration]") {
  const Range chosen =
      SeenTensor(RangeMethodNamed("octav"), {RandomFloats(5000, 7, 0, 3)}).Choose().range;
  CHECK(chosen.min == 0);
  CHECK(chosen.max == Approx(3).epsilon(0.01));
}

}  // namespace
}  // namespace qconvert
