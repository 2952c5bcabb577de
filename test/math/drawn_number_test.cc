#include "lib/math/drawn_number.h"

#include <cmath>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

TEST_CASE("Drawn numbers are spread evenly over [0, 1), and so are those of the next place",
          "[math]") {
  constexpr int kDraws = 100000;
  double mean = 0, squares = 0, products = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto place = static_cast<uint64_t>(i);
    const double drawn = DrawnNumber(7, place), next = DrawnNumber(7, place + 1);
    REQUIRE(drawn >= 0);
    REQUIRE(drawn < 1);
    mean += drawn / kDraws;
    squares += drawn * drawn / kDraws;
    products += (drawn - 0.5) * (next - 0.5) / kDraws;
  }
  // Within five standard deviations of the mean of so many.
  CHECK(std::abs(mean - 0.5) < 5 * std::sqrt(1.0 / 12 / kDraws));
  CHECK(std::abs(squares - 1.0 / 3) < 5 * std::sqrt(4.0 / 45 / kDraws));
  CHECK(std::abs(products) < 5.0 / 12 / std::sqrt(kDraws));
}

TEST_CASE("Seeds and names give other numbers", "[math]") {
  CHECK(DrawnNumber(1, 0) != DrawnNumber(2, 0));
  CHECK(DrawnNumber(1, 0) == DrawnNumber(1, 0));
  CHECK(SeedOf(1, "w") != SeedOf(1, "v"));
  CHECK(SeedOf(1, "w") != SeedOf(2, "w"));
}

}  // namespace
}  // namespace qconvert
