#include "lib/math/bias.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/base/check.h"

namespace qconvert {
namespace {

void CheckBias(std::span<const float> bias, std::span<const AffineParams> weights) {
  Check(weights.size() == 1 || weights.size() == bias.size(), "bias of another channel count");
  for (const float value : bias) {
    if (!std::isfinite(value)) Fail(ErrorKind::kUnusable, "a bias is not finite");
  }
}

}  // namespace

void WidenForBias(std::span<const float> bias, float input_scale, std::span<AffineParams> weights) {
  CheckBias(bias, weights);
  for (size_t c = 0; c < bias.size(); ++c) {
    const double least = std::abs(double{bias[c]}) / kLargestBias / input_scale;
    float& scale = weights[weights.size() == 1 ? 0 : c].scale;
    if (least <= scale) continue;
    constexpr float kLargest = std::numeric_limits<float>::max();
    scale = std::nextafter(static_cast<float>(std::min<double>(least, kLargest)), kLargest);
  }
}

void QuantizeBias(std::span<const float> bias, float input_scale,
                  std::span<const AffineParams> weights, std::span<int32_t> quantized) {
  CheckBias(bias, weights);
  Check(bias.size() == quantized.size(), "QuantizeBias: sizes differ");
  for (size_t c = 0; c < bias.size(); ++c) {
    const double scale = double{input_scale} * weights[weights.size() == 1 ? 0 : c].scale;
    const double steps = std::round(bias[c] / scale);
    quantized[c] =
        static_cast<int32_t>(std::clamp<double>(steps, kInt32Limits.min, kInt32Limits.max));
  }
}

}  // namespace qconvert
