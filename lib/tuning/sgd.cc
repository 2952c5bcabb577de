// Stochastic gradient descent with momentum (Sutskever et al. 2013, equations 1 and 2, the rate
// outside of the velocity).
#include "lib/tuning/optimizer.h"

namespace qconvert {
namespace {

void Move(const OptimizerStep& step, const OptimizerSettings& settings) {
  for (size_t i = 0; i < step.values.size(); ++i) {
    const double gradient = double{step.gradients[i]} + step.weight_decay * double{step.values[i]};
    const double velocity = settings.momentum * double{step.moments[i]} + gradient;
    step.moments[i] = static_cast<float>(velocity);
    step.values[i] -= static_cast<float>(step.rate * velocity);
  }
}

}  // namespace

extern const OptimizerMethod kSgd;
const OptimizerMethod kSgd{"sgd", "gradient descent with momentum", 1, 1e-3, false, Move};

}  // namespace qconvert
