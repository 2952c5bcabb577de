#include "lib/quantization/accumulator.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "lib/base/check.h"

namespace qconvert {

int64_t LargestInput(const Tensor& input) {
  const bool wide = input.type == ElementType::kInt16;
  const int64_t most = wide ? std::numeric_limits<int16_t>::max() : kInt8Limits.max;
  const int64_t zero_point = input.quant ? input.quant->zero_point() : 0;
  return std::max(most - zero_point, most + 1 + zero_point);
}

std::vector<int64_t> LargestSums(const Tensor& weights, int axis, const Tensor* bias,
                                 int64_t largest_input) {
  const auto values = weights.Values<int8_t>();
  const ChannelView view = ViewChannels(weights.shape, axis);
  const int zero_point = weights.quant ? weights.quant->zero_point() : 0;
  const auto inner = static_cast<size_t>(view.inner), channels = static_cast<size_t>(view.channels);
  std::vector<int64_t> sums(channels);
  for (size_t run = 0; run * inner < values.size(); ++run) {
    int64_t distances = 0;
    for (const int8_t value : values.subspan(run * inner, inner)) {
      distances += std::abs(value - zero_point);
    }
    sums[run % channels] += distances * largest_input;
  }
  if (bias == nullptr) return sums;
  const auto biases = bias->Values<int32_t>();
  for (size_t o = 0; o < channels; ++o) sums[o] += std::abs(int64_t{biases[o]});
  return sums;
}

bool WidenForAccumulator(std::span<const int64_t> sums, const Accumulator& accumulator,
                         std::span<AffineParams> scales) {
  constexpr double kLeastStep = 1.01;  // lest rounding go round in circles
  std::vector<double> factors(scales.size(), 1);
  bool widened = false;
  for (size_t o = 0; o < sums.size(); ++o) {
    if (sums[o] <= accumulator.largest_sum()) continue;
    const double excess =
        static_cast<double>(sums[o]) / static_cast<double>(accumulator.largest_sum());
    double& factor = factors[scales.size() == 1 ? 0 : o];
    factor = std::max({factor, excess, kLeastStep});
    widened = true;
  }
  for (size_t c = 0; c < scales.size(); ++c) {
    scales[c].scale = static_cast<float>(scales[c].scale * factors[c]);
  }
  return widened;
}

Tensor BiasWithin(std::span<const int64_t> sums, const Accumulator& accumulator, Tensor bias) {
  const auto before = bias.Values<int32_t>();
  Check(before.size() == sums.size(), "the bias of another layer");
  std::vector<int32_t> within;
  for (size_t o = 0; o < sums.size(); ++o) {
    const int64_t room = accumulator.largest_sum() - sums[o];
    within.push_back(static_cast<int32_t>(std::clamp<int64_t>(before[o], -room, room)));
  }
  Tensor result = MakeConstantTensor(bias.name, bias.shape, std::move(within));
  result.quant = std::move(bias.quant);
  return result;
}

}  // namespace qconvert
