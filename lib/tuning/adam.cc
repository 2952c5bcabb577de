// Adam (Kingma and Ba 2014, arXiv:1412.6980, algorithm 1) with decoupled weight decay (Loshchilov
// and Hutter 2017, arXiv:1711.05101, algorithm 2).
#include <cmath>

#include "lib/tuning/optimizer.h"

namespace qconvert {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

void Move(const OptimizerStep& step, const OptimizerSettings&) {
  const size_t count = step.values.size();
  const auto first = step.moments.first(count), second = step.moments.subspan(count);
  const auto steps = static_cast<double>(step.step);
  const double unbiased1 = 1 - std::pow(kBeta1, steps), unbiased2 = 1 - std::pow(kBeta2, steps);
  for (size_t i = 0; i < count; ++i) {
    const double gradient = double{step.gradients[i]};
    const double mean = kBeta1 * double{first[i]} + (1 - kBeta1) * gradient;
    const double square = kBeta2 * double{second[i]} + (1 - kBeta2) * gradient * gradient;
    first[i] = static_cast<float>(mean);
    second[i] = static_cast<float>(square);
    const double move = mean / unbiased1 / (std::sqrt(square / unbiased2) + kEpsilon);
    step.values[i] -=
        static_cast<float>(step.rate * (move + step.weight_decay * double{step.values[i]}));
  }
}

}  // namespace

extern const OptimizerMethod kAdam;
const OptimizerMethod kAdam{"adam", "a rate of its own for each parameter", 2, 3e-3, true, Move};

}  // namespace qconvert
