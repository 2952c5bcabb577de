#include "lib/math/correlation.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

using Values = std::vector<float>;

std::optional<double> CorrelationOf(const Values& reference, const Values& quantized) {
  Correlation correlation;
  correlation.Add(reference, quantized);
  return correlation.value();
}

/// Returns the definition in two passes: the means first.
double TwoPasses(const Values& a, const Values& b) {
  const auto n = static_cast<long double>(a.size());
  long double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    mean_a += a[i] / n;
    mean_b += b[i] / n;
  }
  for (size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
    ab += (a[i] - mean_a) * (b[i] - mean_b);
  }
  return static_cast<double>(ab / std::sqrt(aa) / std::sqrt(bb));
}

TEST_CASE("Correlation is that of two passes, near zero and far from it", "[math]") {
  for (float offset : {0.0F, 1000.0F, -65536.0F}) {
    Values a = RandomFloats(500, 41), b = RandomFloats(500, 42);
    for (size_t i = 0; i < a.size(); ++i) {
      b[i] = offset + 0.5F * a[i] + b[i];
      a[i] += offset;
    }
    CHECK(*CorrelationOf(a, b) == Approx(TwoPasses(a, b)).margin(1e-9));
  }
}

TEST_CASE("Correlation does not see scale and offset, and sees the sign", "[math]") {
  const Values a = {1, 2, 4, 8};
  CHECK(*CorrelationOf(a, a) == Approx(1));
  CHECK(*CorrelationOf(a, {21, 22, 24, 28}) == Approx(1));
  CHECK(*CorrelationOf(a, {-2, -4, -8, -16}) == Approx(-1));
  CHECK(*CorrelationOf({1, 2, 3}, {1, 2, 1}) == Approx(0).margin(1e-15));
}

TEST_CASE("Correlation over parts is that over the whole", "[math]") {
  const Values a = RandomFloats(60, 43), b = RandomFloats(60, 44);
  Correlation parts;
  for (size_t i = 0; i < a.size(); i += 20) {
    parts.Add(std::span(a).subspan(i, 20), std::span(b).subspan(i, 20));
  }
  CHECK(parts.value() == CorrelationOf(a, b));
}

TEST_CASE("A reference that does not vary has no correlation", "[math]") {
  CHECK_FALSE(Correlation().value());
  CHECK_FALSE(CorrelationOf({3}, {4}));
  CHECK_FALSE(CorrelationOf({3, 3}, {4, 5}));
  CHECK(CorrelationOf({3, 4}, {5, 5}) == 0);
}

}  // namespace
}  // namespace qconvert
