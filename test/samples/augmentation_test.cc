#include "lib/samples/augmentation.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

constexpr float kBlack[] = {-1, -2};
const PictureTarget kNchw{3, 4, 2, true}, kNhwc{3, 4, 2, false};

/// A picture [2,3,4] or [3,4,2] whose values name their channel, row and column.
std::vector<float> Picture(const PictureTarget& target) {
  std::vector<float> values(24);
  for (int c = 0; c < 2; ++c) {
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < 4; ++x) {
        const int at = target.nchw ? (c * 3 + y) * 4 + x : (y * 4 + x) * 2 + c;
        values[static_cast<size_t>(at)] = static_cast<float>(100 * c + 10 * y + x);
      }
    }
  }
  return values;
}

std::vector<float> Augmented(const Augmentation& augmentation, const PictureTarget& target,
                             uint64_t seed) {
  std::vector<float> values = Picture(target);
  Augment(augmentation, target, kBlack, seed, values);
  return values;
}

TEST_CASE("Every other picture is mirrored", "[samples]") {
  const std::vector<float> mirrored = {3,   2,   1,   0,   13,  12,  11,  10,  23,  22,  21,  20,
                                       103, 102, 101, 100, 113, 112, 111, 110, 123, 122, 121, 120};
  int count = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const std::vector<float> values = Augmented({.flip = true}, kNchw, seed);
    if (values == mirrored) {
      ++count;
    } else {
      CHECK(values == Picture(kNchw));
    }
  }
  CHECK(count > 500 - 64);  // four deviations of a fair coin
  CHECK(count < 500 + 64);
}

TEST_CASE("A crop of a padded picture is the picture moved, with black behind it", "[samples]") {
  std::map<float, int> corners;  // by the value that came to the middle of the picture
  for (uint64_t seed = 0; seed < 900; ++seed) {
    const std::vector<float> values = Augmented({.padded_crop = 1}, kNchw, seed);
    ++corners[values[5]];
    const int down = static_cast<int>(values[5]) / 10 - 1,
              right = static_cast<int>(values[5]) % 10 - 1;
    for (int c = 0; c < 2; ++c) {
      for (int y = 0; y < 3; ++y) {
        for (int x = 0; x < 4; ++x) {
          const int row = y + down, column = x + right;
          const bool inside = row >= 0 && row < 3 && column >= 0 && column < 4;
          const float expected =
              inside ? static_cast<float>(100 * c + 10 * row + column) : kBlack[c];
          REQUIRE(values[static_cast<size_t>((c * 3 + y) * 4 + x)] == expected);
        }
      }
    }
  }
  CHECK(corners.size() == 9);
  for (const auto& [corner, count] : corners) CHECK(count > 60);  // of 100, four deviations
}

TEST_CASE("Both layouts change alike, and a seed gives the same change", "[samples]") {
  const Augmentation both{.flip = true, .padded_crop = 2};
  std::set<std::vector<float>> seen;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::vector<float> nchw = Augmented(both, kNchw, seed);
    const std::vector<float> nhwc = Augmented(both, kNhwc, seed);
    for (size_t i = 0; i < 24; ++i) CHECK(nhwc[i] == nchw[i % 2 * 12 + i / 2]);
    CHECK(nchw == Augmented(both, kNchw, seed));
    seen.insert(nchw);
  }
  CHECK(seen.size() > 20);
}

TEST_CASE("Black is what the preprocessing makes of it", "[samples]") {
  Preprocessing preprocessing;
  preprocessing.mean = {0.5F, 0.25F, 1};
  preprocessing.std = {0.5F, 0.5F, 2};
  preprocessing.resize = 256;
  CHECK(BlackOf(preprocessing, {8, 8, 3, true}) == std::vector<float>{-1, -0.5F, -0.5F});
  CHECK(BlackOf({}, {8, 8, 1, false}) == std::vector<float>{0});
}

}  // namespace
}  // namespace qconvert
