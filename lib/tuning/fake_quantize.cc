#include "lib/tuning/fake_quantize.h"

#include <algorithm>
#include <cmath>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

/// A grid in steps from the real 0.
struct Steps {
  explicit Steps(const Grid& grid)
      : scale(grid.params.scale),
        min(static_cast<float>(grid.limits.min - grid.params.zero_point)),
        max(static_cast<float>(grid.limits.max - grid.params.zero_point)) {}
  float scale, min, max;
};

QCONVERT_VECTORIZE
void Round(const float* real, size_t count, const Steps& steps, float* rounded) {
  const float scale = steps.scale, min = steps.min, max = steps.max;
  for (size_t i = 0; i < count; ++i) {
    const float q = std::nearbyint(real[i] / scale);
    const float above = q < min ? min : q;
    rounded[i] = scale * (above > max ? max : above);
  }
}

}  // namespace

void FakeQuantize(std::span<const float> real, const Grid& grid, std::span<float> rounded) {
  Round(real.data(), real.size(), Steps(grid), rounded.data());
}

double PassThroughGrid(std::span<const float> real, const Grid& grid, std::span<float> gradients) {
  const Steps steps(grid);
  double by_steps = 0;
  for (size_t i = 0; i < real.size(); ++i) {
    const float x = real[i] / steps.scale, q = std::nearbyint(x);
    if (q < steps.min || q > steps.max) {
      by_steps += double{gradients[i]} * double{q < steps.min ? steps.min : steps.max};
      gradients[i] = 0;
    } else {
      by_steps += double{gradients[i]} * double{q - x};
    }
  }
  return by_steps * double{steps.scale};
}

float ScaleGradientWeight(size_t values, IntegerLimits limits) {
  return 1 / std::sqrt(static_cast<float>(values) * static_cast<float>(limits.max));
}

}  // namespace qconvert
