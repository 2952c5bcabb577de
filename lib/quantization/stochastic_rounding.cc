// Rounds each weight up or down by chance, up with the probability of its fraction, so that the
// mean over many draws is the weight: round(w / step + e), e uniform in [-1/2, 1/2) (the paper's
// section 2.3, with the noise in steps). For comparison: the paper finds it worse than the nearest
// integer.
#include <algorithm>
#include <cmath>

#include "lib/math/drawn_number.h"
#include "lib/quantization/rounding.h"

namespace qconvert {
namespace {

RoundedWeights RoundByChance(const LayerToRound& layer) {
  const ChannelWeights& weights = layer.weights;
  const IntegerLimits limits = weights.limits();
  const ChannelView view = weights.view();
  const uint64_t seed = SeedOf(layer.options.seed, weights.tensor().name);
  RoundedWeights rounded;
  for (size_t i = 0; i < weights.values().size(); ++i) {
    const auto channel = static_cast<int64_t>(i) / view.inner % view.channels;
    const AffineParams& params = layer.scales[static_cast<size_t>(channel)];
    const double steps = double{weights.values()[i]} / double{params.scale} + params.zero_point;
    const double integer =
        std::clamp(std::floor(steps + DrawnNumber(seed, i)), static_cast<double>(limits.min),
                   static_cast<double>(limits.max));
    rounded.integers.push_back(static_cast<int8_t>(integer));
  }
  return rounded;
}

}  // namespace

extern const RoundingMethod kStochastic;
constinit const RoundingMethod kStochastic = {.name = "stochastic",
                                              .help = "up or down by chance",
                                              .needs = {},
                                              .round = RoundByChance,
                                              .draws = true};

}  // namespace qconvert
