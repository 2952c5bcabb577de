// Rounds each weight to the nearest integer (the paper's section 2.1).
#include "lib/math/quantize.h"
#include "lib/quantization/rounding.h"

namespace qconvert {
RoundedWeights RoundToNearest(const LayerToRound& layer) {
  const ChannelWeights& weights = layer.weights;
  RoundedWeights rounded{std::vector<int8_t>(weights.values().size())};
  QuantizeChannels<int8_t>(weights.values(), weights.view(), layer.scales, weights.limits(),
                           rounded.integers);
  return rounded;
}

extern const RoundingMethod kRoundToNearest;
constinit const RoundingMethod kRoundToNearest = {
    "nearest", "each weight by itself", {}, RoundToNearest};

}  // namespace qconvert
