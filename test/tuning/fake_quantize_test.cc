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

TEST_CASE("What is not rounded passes its gradient and tells nothing of the scale", "[tuning]") {
  const std::vector<float> real = RandomFloats(1000, 1, -50, 50), weights = RandomFloats(1000, 2);
  UnroundedMask mask;
  RoundingDrop(RoundingDrop::Share::kHalf, 7).Draw(3, real.size(), mask);
  std::vector<float> gradients = weights, alone;
  std::vector<float> rounded_reals, rounded_weights;
  const double by_logarithm = PassThroughGrid(real, kGrid, gradients, mask);
  size_t unrounded = 0;
  for (size_t i = 0; i < real.size(); ++i) {
    if (mask[i] != 0) {
      ++unrounded;
      REQUIRE(gradients[i] == weights[i]);
      continue;
    }
    rounded_reals.push_back(real[i]);
    rounded_weights.push_back(weights[i]);
    alone.push_back(gradients[i]);
  }
  CHECK(unrounded > 430);  // of 1000 draws with probability 1/2: 4.4 standard deviations
  CHECK(unrounded < 570);
  CHECK(by_logarithm == Approx(PassThroughGrid(rounded_reals, kGrid, rounded_weights)));
  CHECK(rounded_weights == alone);
}

TEST_CASE("Draws differ by seed, sample and tensor, and are the same again", "[tuning]") {
  const auto draw = [](uint64_t seed, uint64_t sample, TensorId tensor) {
    UnroundedMask mask;
    RoundingDrop(RoundingDrop::Share::kHalf, seed).For(sample).Draw(tensor, 100, mask);
    return mask;
  };
  CHECK(draw(1, 2, 3) == draw(1, 2, 3));
  CHECK(draw(1, 2, 3) != draw(2, 2, 3));
  CHECK(draw(1, 2, 3) != draw(1, 3, 3));
  CHECK(draw(1, 2, 3) != draw(1, 2, 4));
}

}  // namespace
}  // namespace qconvert
