// A row of random numbers that depends on its seed alone, for strategies that draw.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/math/drawn_number.h"

namespace qconvert {

/// Draws one number after another.
class Draws {
 public:
  explicit Draws(uint64_t seed) : seed_(seed) {}

  /// Returns a number in [0, 1).
  double Next() { return DrawnNumber(seed_, place_++); }

  /// Returns a whole number below `count`, which is at least 1.
  size_t Below(size_t count) {
    return std::min(count - 1, static_cast<size_t>(Next() * static_cast<double>(count)));
  }

  /// Returns a place, drawn with these probabilities, which add up to 1.
  size_t Place(std::span<const double> probabilities) {
    double rest = Next();
    for (size_t i = 0; i + 1 < probabilities.size(); ++i) {
      rest -= probabilities[i];
      if (rest < 0) return i;
    }
    return probabilities.size() - 1;
  }

 private:
  const uint64_t seed_;
  uint64_t place_ = 0;
};

}  // namespace qconvert
