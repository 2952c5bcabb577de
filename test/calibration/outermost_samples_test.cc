#include "lib/calibration/outermost_samples.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "lib/calibration/outliers.h"
#include "test/support/errors.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

std::vector<Range> RandomRanges(size_t count) {
  Random random(7);
  std::vector<Range> ranges;
  for (size_t i = 0; i < count; ++i) {
    // Few different values, so that there are ties.
    ranges.push_back(
        {static_cast<float>(random.Integer(-9, -1)), static_cast<float>(random.Integer(1, 9))});
  }
  return ranges;
}

OutermostSamples Whole(std::span<const Range> ranges, size_t first = 0) {
  OutermostSamples whole(ranges.front(), first);
  for (size_t i = 1; i < ranges.size(); ++i) whole.Append(OutermostSamples(ranges[i], first + i));
  return whole;
}

std::vector<std::byte> BytesOf(const OutermostSamples& samples) {
  ByteWriter writer;
  samples.Write(writer);
  return writer.Take();
}

TEST_CASE("The outermost samples are those that sorting puts first", "[calibration]") {
  for (size_t count : {1, 63, 64, 65, 500}) {
    const std::vector<Range> ranges = RandomRanges(count);
    std::vector<SampleEnd> maxima;
    for (size_t i = 0; i < count; ++i) maxima.push_back({ranges[i].max, i});
    std::stable_sort(maxima.begin(), maxima.end(),
                     [](const auto& a, const auto& b) { return a.value > b.value; });
    maxima.resize(std::min(count, OutermostSamples::kMost));
    const OutermostSamples whole = Whole(ranges);
    CHECK(std::equal(whole.maxima().begin(), whole.maxima().end(), maxima.begin(), maxima.end()));
    CHECK(whole.minima().size() == maxima.size());
    CHECK(whole.minima().front().value ==
          std::min_element(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) {
            return a.min < b.min;
          })->min);
  }
}

TEST_CASE("Outermost samples of parts are those of the whole", "[calibration]") {
  const std::vector<Range> ranges = RandomRanges(300);
  const std::span<const Range> all = ranges;
  for (size_t cut : {1, 64, 150, 299}) {
    OutermostSamples left = Whole(all.first(cut));
    left.Append(Whole(all.subspan(cut), cut));
    CHECK(BytesOf(left) == BytesOf(Whole(all)));
  }
}

TEST_CASE("Outermost samples are read as they were written, damaged ones refused",
          "[calibration]") {
  std::vector<std::byte> bytes = BytesOf(Whole(RandomRanges(100)));
  ByteReader reader(bytes);
  CHECK(BytesOf(As<OutermostSamples>(*OutermostSamples::Read(reader, {0, 100}))) == bytes);
  const auto refused = [](std::vector<std::byte> damaged, SampleRun samples) {
    ByteReader from(damaged);
    CHECK_THAT(ErrorOf([&] { OutermostSamples::Read(from, samples); }),
               IsError(ErrorKind::kUnusable, "outermost"));
  };
  refused(bytes, {50, 150});  // of other samples
  std::swap_ranges(bytes.begin(), bytes.begin() + 12, bytes.begin() + 12 * 63);
  refused(bytes, {0, 100});  // out of order
}

KeptExtremes Kept(const std::vector<Range>& ranges) {
  return RejectOutliers(Whole(ranges), ranges.size());
}

std::vector<Range> NormalExtremes(size_t count) {
  Random random(5);
  std::vector<Range> ranges;
  for (size_t i = 0; i < count; ++i)
    ranges.push_back({-3 - random.Uniform(0, 1), 3 + random.Uniform(0, 1)});
  return ranges;
}

TEST_CASE("One broken sample of thirty does not decide a range", "[calibration]") {
  std::vector<Range> ranges = NormalExtremes(30);
  const KeptExtremes whole = Kept(ranges);
  CHECK(whole.left_out.empty());
  ranges[17] = {-700, 800};
  const KeptExtremes kept = Kept(ranges);
  CHECK(kept.left_out == std::vector<size_t>{17});
  CHECK(kept.range.max < 4.001F);
  CHECK(kept.range.min > -4.001F);
}

TEST_CASE("Two of thirty are no outliers, two of sixty are", "[calibration]") {
  std::vector<Range> ranges = NormalExtremes(30);
  ranges[3] = ranges[4] = {-700, 800};
  CHECK(Kept(ranges).left_out.empty());
  ranges = NormalExtremes(60);
  ranges[3] = ranges[4] = {-700, 800};
  CHECK(Kept(ranges).left_out == std::vector<size_t>{3, 4});
}

TEST_CASE("Few samples have no outliers", "[calibration]") {
  std::vector<Range> ranges = NormalExtremes(7);
  ranges[3] = {-700, 800};
  CHECK(Kept(ranges).left_out.empty());
  CHECK(Kept(ranges).range == Range{-700, 800});
}

TEST_CASE("Long tails are no outliers", "[calibration]") {
  // Exponential maxima: the largest of 100 is about ln 100 = 4.6 mean excesses out.
  Random random(9);
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<Range> ranges;
    for (int i = 0; i < 100; ++i) ranges.push_back({0, -std::log(random.Uniform(1e-6F, 1))});
    REQUIRE(Kept(ranges).left_out.empty());
  }
}

TEST_CASE("What does not double the range is kept", "[calibration]") {
  std::vector<Range> ranges(40, Range{-1, 1});
  ranges[5] = {-1, 2.5F};  // the others never vary, so any tail says it is impossible
  CHECK(Kept(ranges).left_out.empty());
  ranges[5] = {-1, 3.5F};
  CHECK(Kept(ranges).left_out == std::vector<size_t>{5});
}

}  // namespace
}  // namespace qconvert
