#include "lib/math/sqnr.h"

#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "lib/math/quantize.h"
#include "test/support/random.h"

namespace qconvert {

TEST_CASE("SQNR, cosine and largest error of known values", "[math]") {
  ErrorSums sums;
  sums.Add(std::vector<float>{3, 4}, std::vector<float>{3, 4.5F});
  CHECK(sums.sqnr_db() == Approx(20));  // 10 log10(25 / 0.25)
  CHECK(sums.largest_error() == 0.5);
  CHECK(sums.cosine() == Approx((9 + 18) / (5 * std::sqrt(9 + 20.25))));
  CHECK(sums.count() == 2);
}

TEST_CASE("Sums over parts equal sums over the whole", "[math]") {
  const auto reference = RandomFloats(100, 21);
  const auto quantized = RandomFloats(100, 22);
  ErrorSums whole;
  whole.Add(reference, quantized);
  ErrorSums parts;
  parts.Add(std::span(reference).first(30), std::span(quantized).first(30));
  parts.Add(std::span(reference).subspan(30), std::span(quantized).subspan(30));
  CHECK(parts.sqnr_db() == whole.sqnr_db());
  CHECK(parts.count() == 100);
}

TEST_CASE("Eight bits over a uniform signal give 48.1 dB", "[math]") {
  const auto reference = RandomFloats(100000, 23, -1, 1);
  const AffineParams params = ChooseAffine({-1, 1}, kInt8Limits);
  std::vector<int8_t> quantized(reference.size());
  std::vector<float> back(reference.size());
  QuantizeValues<int8_t>(reference, params, kInt8Limits, quantized);
  DequantizeValues<int8_t>(quantized, params, back);
  ErrorSums sums;
  sums.Add(reference, back);
  // Signal 1/3, noise scale^2 / 12 with scale 2/255: 20 log10(255) = 48.13 dB.
  CHECK(sums.sqnr_db() == Approx(20 * std::log10(255)).margin(0.1));
}

TEST_CASE("Signals without noise, without signal, without either", "[math]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<float> zero = {0, 0};
  const std::vector<float> one = {1, 0};
  ErrorSums equal;
  equal.Add(one, one);
  CHECK(equal.sqnr_db() == infinity);
  CHECK(equal.cosine() == 1);
  ErrorSums noise;
  noise.Add(zero, one);
  CHECK(noise.sqnr_db() == -infinity);
  CHECK(noise.cosine() == 0);
  CHECK(ErrorSums().sqnr_db() == infinity);
  CHECK(ErrorSums().cosine() == 1);
}

TEST_CASE("Values that are not finite are refused", "[math]") {
  ErrorSums sums;
  const std::vector<float> nan = {std::nanf("")};
  CHECK_THROWS_AS(sums.Add(nan, std::vector<float>{1}), Error);
  CHECK_THROWS_AS(sums.Add(std::vector<float>{1}, nan), Error);
}

}  // namespace qconvert
