#include "lib/tuning/fake_quantize.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr Grid kGrid{{0.25F, -3}, kInt8Limits};

TEST_CASE("Reals become the nearest point of the grid, or its end", "[tuning]") {
  const std::vector<float> real{0, 0.1F, 0.13F, -0.3F, 40, -40};
  std::vector<float> rounded(real.size());
  FakeQuantize(real, kGrid, rounded);
  CHECK(rounded == std::vector<float>{0, 0, 0.25F, -0.25F, 0.25F * (127 + 3), 0.25F * (-128 + 3)});
}

TEST_CASE("A NaN stays one, so that training sees it", "[tuning]") {
  const std::vector<float> real{NAN};
  std::vector<float> rounded(1);
  FakeQuantize(real, kGrid, rounded);
  CHECK(std::isnan(rounded[0]));
}

/// A real as a function of the scale, with the rounding error in steps as it is at kGrid.
double Rounded(double real, double scale) {
  const double q = std::nearbyint(real / double{kGrid.params.scale});
  if (q > 130) return 130 * scale;
  if (q < -125) return -125 * scale;
  return real + (q - real / double{kGrid.params.scale}) * scale;
}

TEST_CASE("Gradients are those of the clamped value with its rounding error held", "[tuning]") {
  const std::vector<float> real = RandomFloats(1000, 1, -50, 50);
  const std::vector<float> weights = RandomFloats(1000, 2);
  std::vector<float> gradients = weights;
  const double by_logarithm = PassThroughGrid(real, kGrid, gradients);
  const double scale = double{kGrid.params.scale}, h = 1e-6;
  double expected = 0;
  size_t clamped = 0;
  for (size_t i = 0; i < real.size(); ++i) {
    const double x = double{real[i]};
    const bool inside = std::nearbyint(x / scale) <= 130 && std::nearbyint(x / scale) >= -125;
    clamped += inside ? 0 : 1;
    REQUIRE(gradients[i] == (inside ? weights[i] : 0));
    expected += double{weights[i]} *
                (Rounded(x, scale * std::exp(h)) - Rounded(x, scale * std::exp(-h))) / (2 * h);
  }
  CHECK(clamped > 100);
  CHECK(by_logarithm == Approx(expected).epsilon(1e-4));
}

}  // namespace
}  // namespace qconvert
