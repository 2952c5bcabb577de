#include "lib/tuning/soft_weights.h"

#include <algorithm>
#include <cmath>

#include "lib/quantization/soft_rounding.h"

namespace qconvert {

namespace {

constexpr float kFarthest = 0.9F;  // steps: half of it does not reach the neighbour's half

}  // namespace

SoftWeights::SoftWeights(const TrainedLayer& layer, std::span<const float> rounded,
                         std::span<const float> real) {
  const auto inner = static_cast<size_t>(layer.view.inner);
  for (size_t i = 0; i < real.size(); ++i) {
    const AffineParams& params = layer.initial[i / inner % layer.initial.size()];
    const auto least = static_cast<float>(layer.limits.min - params.zero_point);
    const auto most = static_cast<float>(layer.limits.max - params.zero_point);
    const float own = std::round(rounded[i] / params.scale);
    const float apart = std::clamp(real[i] / params.scale - own, -kFarthest, kFarthest);
    const bool up = apart >= 0;
    const bool free = up ? own < most : own > least;
    below_.push_back(params.scale * (free && !up ? own - 1 : own));
    step_.push_back(free ? params.scale : 0);
    fraction_.push_back(up ? apart / 2 : 1 + apart / 2);
  }
}

void SoftWeights::Start(std::span<float> variables) const {
  std::ranges::transform(fraction_, variables.begin(), SoftStepInverse<float>);
}

void SoftWeights::Relax(std::span<const float> variables, size_t first, size_t last,
                        std::span<float> weights) const {
  for (size_t i = first; i < last; ++i) {
    weights[i] = below_[i] + step_[i] * SoftStep(variables[i]);
  }
}

void SoftWeights::PassThrough(std::span<const float> variables, float unit, float exponent,
                              size_t first, size_t last, std::span<float> gradients) const {
  for (size_t i = first; i < last; ++i) {
    const float slope = step_[i] == 0 ? 0 : SoftStepSlope(variables[i]);
    float of_h = gradients[i] * unit * step_[i];
    if (slope != 0 && exponent > 0) {
      of_h += kPenaltyWeight * PenaltySlope(SoftStep(variables[i]), exponent);
    }
    gradients[i] = of_h * slope;
  }
}

void SoftWeights::Settle(std::span<const float> variables, std::span<float> weights) const {
  for (size_t i = 0; i < count(); ++i) {
    weights[i] = below_[i] + (variables[i] >= 0 ? step_[i] : 0);
  }
}

}  // namespace qconvert
