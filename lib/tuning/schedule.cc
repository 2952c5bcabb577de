#include "lib/tuning/schedule.h"

#include <cmath>
#include <numbers>

namespace qconvert {
namespace {

/// Returns the part of the rate that is left after a part of the training.
double LeftAfter(Schedule::Kind kind, double part) {
  switch (kind) {
    case Schedule::Kind::kCosine:
      return (1 + std::cos(std::numbers::pi * part)) / 2;
    case Schedule::Kind::kStep:
      return part < 0.5 ? 1 : part < 0.75 ? 0.1 : 0.01;
    case Schedule::Kind::kConstant:
      return 1;
  }
  return 1;
}

}  // namespace

double RateAt(const Schedule& schedule, uint64_t step) {
  if (step < schedule.warm_up) {
    return schedule.rate * static_cast<double>(step + 1) /
           static_cast<double>(schedule.warm_up + 1);
  }
  const auto falling = static_cast<double>(schedule.steps - schedule.warm_up);
  const double part = static_cast<double>(step - schedule.warm_up) / falling;
  return schedule.rate * LeftAfter(schedule.kind, part);
}

}  // namespace qconvert
