#include "lib/tuning/fake_quantize.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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

/// Sums that are added beside each other, so that the compiler can make vectors of them.
constexpr size_t kLanes = 16;

/// Adds to the lanes what `count` values, at most as many, give to the gradient by the grid's
/// steps, and clears the gradients of those beyond its ends.
///   mask  1 where a value was not rounded, else 0
inline void PassThrough(const float* __restrict real, const int32_t* __restrict mask, size_t count,
                        const Steps& steps, float* __restrict gradients, double* __restrict lanes) {
  for (size_t i = 0; i < count; ++i) {
    const float x = real[i] / steps.scale, q = std::nearbyint(x);
    const float least = q < steps.min ? steps.min : q;
    const float kept = least > steps.max ? steps.max : least;
    const float gradient = gradients[i], rounded = static_cast<float>(1 - mask[i]);
    lanes[i] += double{gradient} * double{rounded * (kept == q ? q - x : kept)};
    gradients[i] = kept == q ? gradient : gradient * (1 - rounded);
  }
}

QCONVERT_VECTORIZE
double PassThroughAll(const float* real, const int32_t* mask, size_t count, const Steps& grid,
                      float* gradients) {
  static constexpr int32_t kAllRounded[kLanes] = {};
  const Steps steps = grid;
  double lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    PassThrough(real + i, mask == nullptr ? kAllRounded : mask + i, kLanes, steps, gradients + i,
                lanes);
  }
  PassThrough(real + i, mask == nullptr ? kAllRounded : mask + i, count - i, steps, gradients + i,
              lanes);
  return std::accumulate(lanes, lanes + kLanes, 0.0);
}

}  // namespace

void FakeQuantize(std::span<const float> real, const Grid& grid, std::span<float> rounded) {
  Round(real.data(), real.size(), Steps(grid), rounded.data());
}

double PassThroughGrid(std::span<const float> real, const Grid& grid, std::span<float> gradients,
                       const UnroundedMask& mask) {
  const Steps steps(grid);
  return PassThroughAll(real.data(), mask.empty() ? nullptr : mask.data(), real.size(), steps,
                        gradients.data()) *
         double{steps.scale};
}

float ScaleGradientWeight(size_t values, IntegerLimits limits) {
  return 1 / std::sqrt(static_cast<float>(values) * static_cast<float>(limits.max));
}

}  // namespace qconvert
