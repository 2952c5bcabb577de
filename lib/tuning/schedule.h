// How fast parameters move at each step of a training. trainer.h asks before each.
#pragma once

#include <cstdint>

namespace qconvert {

/// The course of the learning rate.
struct Schedule {
  enum class Kind : uint8_t {
    kCosine,   ///< falls along half a cosine to 0
    kStep,     ///< falls to a tenth after half and to a hundredth after three quarters of the steps
    kConstant  ///< stays
  };
  Kind kind = Kind::kCosine;
  double rate = 1e-3;    ///< at its highest
  uint64_t warm_up = 0;  ///< steps on which it grows to that in a line
  uint64_t steps = 1;    ///< of the whole training
};

/// Returns the rate of a step, from 0.
double RateAt(const Schedule& schedule, uint64_t step);

}  // namespace qconvert
