#include "lib/math/channel_moments.h"

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr size_t kChannels = 21;

/// Moments of channel c by two passes over the values.
std::pair<double, double> PlainMoments(const std::vector<float>& values, size_t c) {
  double sum = 0, squares = 0;
  const auto positions = static_cast<double>(values.size() / kChannels);
  for (size_t i = c; i < values.size(); i += kChannels) sum += double{values[i]};
  for (size_t i = c; i < values.size(); i += kChannels) {
    squares += (double{values[i]} - sum / positions) * (double{values[i]} - sum / positions);
  }
  return {sum / positions, squares / positions};
}

void CheckMoments(const ChannelMoments& moments, const std::vector<float>& values) {
  REQUIRE(moments.mean.size() == kChannels);
  for (size_t c = 0; c < kChannels; ++c) {
    const auto [mean, variance] = PlainMoments(values, c);
    CHECK(double{moments.mean[c]} == Approx(mean).epsilon(1e-6));
    CHECK(double{moments.variance[c]} == Approx(variance).epsilon(1e-5));
  }
}

TEST_CASE("Moments are those of each channel over all that was added", "[math]") {
  std::vector<float> values;
  std::vector<double> sums(1 + 2 * kChannels);
  for (size_t part = 0; part < 9; ++part) {
    const auto low = static_cast<float>(part) - 4;
    const std::vector<float> more = RandomFloats(100 * kChannels, part, low, 5);
    const std::vector<double> added = SumMoments(more, kChannels);
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += added[i];
    values.insert(values.end(), more.begin(), more.end());
  }
  CheckMoments(MomentsOfSums(sums), values);
}

TEST_CASE("Of many positions an even sample tells the moments", "[math]") {
  const size_t positions = 100000;
  const ChannelMoments moments =
      MomentsOfSums(SumMoments(RandomFloats(positions * kChannels, 3, 0, 1), kChannels));
  for (size_t c = 0; c < kChannels; ++c) {
    // Five deviations of the mean and of the variance of 256 uniform values.
    CHECK(std::abs(moments.mean[c] - 0.5F) < 5 * 0.289F / 16);
    CHECK(std::abs(moments.variance[c] - 1 / 12.0F) < 5 * 0.0745F / 16);
  }
}

TEST_CASE("A constant channel has no variance, however large it is", "[math]") {
  const ChannelMoments moments = MomentsOfSums(SumMoments(std::vector<float>(64, 12345.678F), 1));
  CHECK(moments.mean[0] == 12345.678F);
  CHECK(moments.variance[0] == Approx(0).margin(1e-6 * 12345.678));
  CHECK(MomentsOfSums(SumMoments({}, 3)).mean.empty());
}

}  // namespace
}  // namespace qconvert
