#include "lib/math/k_means.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

double SquaredDistances(const std::vector<float>& values, const std::vector<float>& centres) {
  double squares = 0;
  for (const float value : values) {
    squares += std::pow(double{value} - centres[NearestCentre(centres, value)], 2);
  }
  return squares;
}

TEST_CASE("As many centres as different values are these values", "[math]") {
  const std::vector<float> values = {2, -1, 2, 0.5F, -1};
  CHECK(KMeans(values, 3) == std::vector<float>{-1, 0.5F, 2});
  CHECK(KMeans(values, 256) == std::vector<float>{-1, 0.5F, 2});
  CHECK(KMeans(values, 1) == std::vector<float>{0.5F});
  CHECK(KMeans({}, 4).empty());
}

TEST_CASE("Clusters that lie apart are found whatever their sizes", "[math]") {
  std::vector<float> values(1000, 0.25F);
  values.insert(values.end(), {-8, -8.5F, 30});
  const std::vector<float> centres = KMeans(values, 3);
  REQUIRE(centres.size() == 3);
  CHECK(centres == std::vector<float>{-8.25F, 0.25F, 30});
}

TEST_CASE("Every centre is the mean of the values that are nearest to it", "[math]") {
  const size_t count = GENERATE(2, 3, 16, 100);
  std::vector<float> values = RandomFloats(5000, 7, -1, 1);
  for (float& value : values) value = value * value * value;  // most lie near 0
  const std::vector<float> centres = KMeans(values, count);
  REQUIRE(centres.size() == count);
  CHECK(std::ranges::is_sorted(centres));
  std::vector<double> sums(count), counts(count);
  for (const float value : values) {
    // A plain search, for the one of the library halves intervals.
    const auto nearest = std::ranges::min_element(
        centres, {}, [&](float centre) { return std::abs(double{centre} - value); });
    const auto c = static_cast<size_t>(nearest - centres.begin());
    CHECK(std::abs(double{centres[NearestCentre(centres, value)]} - value) ==
          std::abs(double{*nearest} - value));
    sums[c] += value;
    ++counts[c];
  }
  for (size_t c = 0; c < count; ++c) {
    // A float centre is off by half a unit in its last place, and a value on the border counts on
    // either side: 2 / count values.
    CHECK(std::abs(sums[c] / counts[c] - centres[c]) < 1e-6 + 2 / counts[c] * 1e-6);
  }
}

TEST_CASE("k-means beats centres at equal distances", "[math]") {
  std::vector<float> values = RandomFloats(5000, 8, -1, 1);
  for (float& value : values) value = value * value * value;
  for (const size_t count : {2, 4, 16, 64}) {
    std::vector<float> even;
    for (size_t c = 0; c < count; ++c) {
      even.push_back(-1 + 2 * (static_cast<float>(c) + 0.5F) / static_cast<float>(count));
    }
    CHECK(SquaredDistances(values, KMeans(values, count)) < SquaredDistances(values, even));
  }
}

}  // namespace
}  // namespace qconvert
