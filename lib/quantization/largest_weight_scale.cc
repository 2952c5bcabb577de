// Scales from the largest weight of each channel.
#include "lib/quantization/scale_method.h"

namespace qconvert {
namespace {

std::vector<AffineParams> Choose(const ChannelWeights& weights, const LayerEvidence&, ThreadPool*) {
  return ScalesOfRanges(weights);
}

}  // namespace

std::vector<AffineParams> ScalesOfRanges(const ChannelWeights& weights) {
  const auto choose = weights.scheme().asymmetric ? ChooseAffineChannels : ChooseSymmetricChannels;
  return choose(weights.ranges(), weights.limits());
}

extern const ScaleMethod kLargestWeightScale;
constinit const ScaleMethod kLargestWeightScale = {"max", "max|w| / 127", {}, Choose};

}  // namespace qconvert
