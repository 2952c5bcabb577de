// Rounds each weight to the nearest integer (the paper's section 2.1).
#include "lib/math/quantize.h"
#include "lib/quantization/rounding.h"

namespace qconvert {
namespace {

RoundedWeights RoundEach(const ChannelWeights& weights, std::span<const AffineParams> scales,
                         const LayerEvidence&, ThreadPool*) {
  RoundedWeights rounded{std::vector<int8_t>(weights.values().size())};
  QuantizeChannels<int8_t>(weights.values(), weights.view(), scales, weights.limits(),
                           rounded.integers);
  return rounded;
}

}  // namespace

extern const RoundingMethod kRoundToNearest;
constinit const RoundingMethod kRoundToNearest = {
    "nearest", "each weight by itself", {}, RoundEach};

}  // namespace qconvert
