#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "lib/math/float16.h"
#include "lib/math/int4.h"
#include "test/support/random.h"

namespace qconvert {

TEST_CASE("Int4 packs the lower nibble first", "[math]") {
  const std::vector<int8_t> values = {1, -1, -8, 7, 5};
  std::vector<std::byte> packed(PackedInt4Bytes(values.size()));
  PackInt4(values, packed);
  CHECK(packed == std::vector<std::byte>{std::byte{0xF1}, std::byte{0x78}, std::byte{0x05}});
  std::vector<int8_t> back(values.size());
  UnpackInt4(packed, back);
  CHECK(back == values);
}

TEST_CASE("Int4 round-trips any length", "[math]") {
  for (size_t count = 0; count < 40; ++count) {
    const auto values = RandomInt8(count, count, -8, 7);
    std::vector<std::byte> packed(PackedInt4Bytes(count));
    std::vector<int8_t> back(count);
    PackInt4(values, packed);
    UnpackInt4(packed, back);
    REQUIRE(back == values);
  }
}

TEST_CASE("Every half round-trips through float", "[math]") {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = FromFloat16(half);
    if (std::isnan(value)) {
      REQUIRE(std::isnan(FromFloat16(ToFloat16(value))));
    } else {
      REQUIRE(ToFloat16(value) == half);
    }
  }
}

TEST_CASE("Floats go to the nearest half, ties to even", "[math]") {
  // Between two neighbouring halves: below, at and above the middle.
  for (uint32_t bits = 0; bits < 0x7BFF; ++bits) {
    const double low = FromFloat16(static_cast<uint16_t>(bits));
    const double high = FromFloat16(static_cast<uint16_t>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);
    REQUIRE(ToFloat16(middle) == (bits % 2 == 0 ? bits : bits + 1));
    REQUIRE(ToFloat16(std::nextafter(middle, 0.0F)) == bits);
    REQUIRE(ToFloat16(std::nextafter(middle, 1e9F)) == bits + 1);
    REQUIRE(ToFloat16(-middle) == (ToFloat16(middle) | 0x8000));
  }
}

TEST_CASE("Halves at the ends of their range", "[math]") {
  CHECK(ToFloat16(65504) == 0x7BFF);
  CHECK(ToFloat16(std::nextafter(65520.0F, 0.0F)) == 0x7BFF);
  CHECK(ToFloat16(65520) == 0x7C00);
  CHECK(ToFloat16(-1e30F) == 0xFC00);
  CHECK(ToFloat16(0x1p-25F) == 0);
  CHECK(ToFloat16(-0.0F) == 0x8000);
  CHECK(FromFloat16(0x7C00) == std::numeric_limits<float>::infinity());
  CHECK(FromFloat16(0x0001) == 0x1p-24F);
}

TEST_CASE("Weights that overflow a half are refused", "[math]") {
  std::vector<uint16_t> halves(2);
  WeightsToFloat16(std::vector<float>{1, -2}, halves);
  CHECK(halves == std::vector<uint16_t>{0x3C00, 0xC000});
  CHECK_THROWS_AS(WeightsToFloat16(std::vector<float>{1, 1e6F}, halves), Error);
  CHECK_THROWS_AS(WeightsToFloat16(std::vector<float>{1, std::nanf("")}, halves), Error);
}

}  // namespace qconvert
