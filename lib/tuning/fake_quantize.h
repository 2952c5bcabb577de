// Rounds reals to the grid of a quantized tensor and leaves them reals ("simulated quantization",
// the paper's section 3), and the gradients of that. simulation_run.h applies it wherever the file
// rounds.
#pragma once

#include <cstdint>
#include <span>

#include "lib/math/affine.h"
#include "lib/tuning/rounding_drop.h"

namespace qconvert {

/// The reals that the integers within `limits` stand for.
struct Grid {
  AffineParams params;
  IntegerLimits limits;
};

/// Rounds to the nearest point of the grid, halves to even, saturated.
///   NaN stays NaN
void FakeQuantize(std::span<const float> real, const Grid& grid, std::span<float> rounded);

/// Turns the gradients by rounded values into those by the reals: they pass where the real lies on
/// the grid's range and stop where it is clamped (the straight-through estimator, the paper's
/// equation 14).
///   gradients  by the rounded values; replaced in place
///   result     the gradient by the logarithm of the scale, with the zero point fixed:
///              scale (q - x / scale) where x lies within, scale q where it is clamped, q in steps
///              from the zero point (LSQ, Esser et al. 2019, arXiv:1902.08153, equation 3; the
///              logarithm as in TQT, Jain et al. 2019, arXiv:1903.08066)
///   mask       elements that were not rounded: their gradients pass, and tell nothing of the
///              scale; empty: all were
double PassThroughGrid(std::span<const float> real, const Grid& grid, std::span<float> gradients,
                       const UnroundedMask& mask = {});

/// Returns what the gradient by a scale is multiplied with, so that it moves its scale as fast as
/// the gradient by a value moves that: 1 / sqrt(values limits.max) (LSQ, section 2.2).
float ScaleGradientWeight(size_t values, IntegerLimits limits);

}  // namespace qconvert
