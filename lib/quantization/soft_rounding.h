// AdaRound's relaxation of the choice between rounding up and down (Nagel et al. 2020,
// arXiv:2004.10568): each weight gets a variable V, and lies h(V) of a step above the integer below
// it. adaround.cc moves the variables of a layer, tuning/soft_weights.h those of a block.
#pragma once

#include <algorithm>
#include <cmath>

namespace qconvert {

/// The stretched sigmoid that becomes h: it reaches 0 and 1 at finite V (equation 23).
inline constexpr float kStretchedTop = 1.1F, kStretchedBottom = -0.1F;

template <typename T>
T Sigmoid(T v) {
  return 1 / (1 + std::exp(-v));
}

/// Returns h(V) in [0, 1].
template <typename T>
T SoftStep(T v) {
  const T stretched = (kStretchedTop - kStretchedBottom) * Sigmoid(v) + kStretchedBottom;
  return std::clamp(stretched, T(0), T(1));
}

/// Returns the V with h(V) = h.
template <typename T>
T SoftStepInverse(T h) {
  return -std::log((kStretchedTop - kStretchedBottom) / (h - kStretchedBottom) - 1);
}

/// Returns the derivative of h by V: 0 where h is 0 or 1.
template <typename T>
T SoftStepSlope(T v) {
  const T sigmoid = Sigmoid(v);
  const T h = (kStretchedTop - kStretchedBottom) * sigmoid + kStretchedBottom;
  if (h <= 0 || h >= 1) return 0;
  return (kStretchedTop - kStretchedBottom) * sigmoid * (1 - sigmoid);
}

/// Returns what an undecided h costs: 1 - |2 h - 1|^exponent (equation 24).
template <typename T>
T Penalty(T h, T exponent) {
  return 1 - std::pow(std::abs(2 * h - 1), exponent);
}

/// Returns the derivative of the penalty by h.
template <typename T>
T PenaltySlope(T h, T exponent) {
  const T distance = 2 * h - 1;
  const T power = std::pow(std::abs(distance), exponent - 1);
  return -exponent * power * 2 * (distance < 0 ? T(-1) : T(1));
}

/// Returns the exponent of the penalty when so much of a search is done, in [0, 1]. It falls from
/// 20 to 2 by a cosine, so that weights near an integer are decided first. 0 in the first fifth:
/// there is no penalty yet.
inline float PenaltyExponent(float done) {
  constexpr float kFirst = 20, kLast = 2, kWarmUp = 0.2F, kPi = 3.14159265F;
  if (done < kWarmUp) return 0;
  const float part = (done - kWarmUp) / (1 - kWarmUp);
  return kLast + (kFirst - kLast) / 2 * (1 + std::cos(part * kPi));
}

}  // namespace qconvert
