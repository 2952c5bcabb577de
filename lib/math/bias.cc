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

/// Quantizes, saturated to [least, most].
template <typename T>
void Quantize(std::span<const float> bias, float input_scale, std::span<const AffineParams> weights,
              double least, double most, std::span<T> quantized) {
  CheckBias(bias, weights);
  Check(bias.size() == quantized.size(), "QuantizeBias: sizes differ");
  for (size_t c = 0; c < bias.size(); ++c) {
    const double scale = double{input_scale} * weights[weights.size() == 1 ? 0 : c].scale;
    quantized[c] = static_cast<T>(std::clamp(std::round(bias[c] / scale), least, most));
  }
}

}  // namespace

void WidenForBias(std::span<const float> bias, float input_scale, std::span<AffineParams> weights,
                  int64_t largest) {
  CheckBias(bias, weights);
  for (size_t c = 0; c < bias.size(); ++c) {
    const double least = std::abs(double{bias[c]}) / static_cast<double>(largest) / input_scale;
    float& scale = weights[weights.size() == 1 ? 0 : c].scale;
    if (least <= scale) continue;
    constexpr float kLargest = std::numeric_limits<float>::max();
    scale = std::nextafter(static_cast<float>(std::min<double>(least, kLargest)), kLargest);
  }
}

void QuantizeBias(std::span<const float> bias, float input_scale,
                  std::span<const AffineParams> weights, std::span<int32_t> quantized) {
  Quantize(bias, input_scale, weights, kInt32Limits.min, kInt32Limits.max, quantized);
}

void QuantizeBias(std::span<const float> bias, float input_scale,
                  std::span<const AffineParams> weights, std::span<int64_t> quantized) {
  constexpr double kLimit = 2.0 * static_cast<double>(kLargestWideBias);
  Quantize(bias, input_scale, weights, -kLimit, kLimit, quantized);
}

}  // namespace qconvert
