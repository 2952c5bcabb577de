#include "lib/math/weight_scale.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

constexpr size_t kLanes = 16;  // independent sums, so that the compiler can use vectors
using Lanes = std::array<float, kLanes>;

/// Sums over the inputs, those of a lane apart.
struct HarmSums {
  Lanes spread{};  // sum_i v_i (sum_t e^2 + (sum_t e)^2) / 2
  Lanes shift{};   // sum_i m_i sum_t e
};

[[gnu::always_inline]] inline float RoundingError(float steps, float low, float high) {
  constexpr float kToInteger = 12582912;  // 1.5 * 2^23: adding it leaves no fraction bits
  const float rounded = (steps + kToInteger) - kToInteger;
  return std::min(std::max(rounded, low), high) - steps;
}

/// Adds what `lanes` inputs, from `first` on, contribute.
[[gnu::always_inline]] inline void AddInputs(const WeightedInputs& channel, size_t first,
                                             size_t lanes, float steps_per_unit,
                                             IntegerLimits limits, HarmSums& sums) {
  const auto low = static_cast<float>(limits.min), high = static_cast<float>(limits.max);
  Lanes own{}, joint{};  // sum_t e^2, sum_t e
  for (size_t at = first; at < channel.weights.size(); at += channel.mean.size()) {
    for (size_t k = 0; k < lanes; ++k) {
      const float error = RoundingError(channel.weights[at + k] * steps_per_unit, low, high);
      own[k] += error * error;
      joint[k] += error;
    }
  }
  for (size_t k = 0; k < lanes; ++k) {
    sums.spread[k] += channel.variance[first + k] * (own[k] + joint[k] * joint[k]) / 2;
    sums.shift[k] += channel.mean[first + k] * joint[k];
  }
}

/// The candidates, as multiples of max|w| / limit: dense where few weights make each count.
struct Candidates {
  float first, last;
  int count;
};

Candidates CandidatesFor(size_t weights, IntegerLimits limits) {
  const auto count = static_cast<int>(std::clamp<size_t>(65536 / weights, 24, 192));
  return {limits.max < 64 ? 0.6F : 1.0F, 1.2F, count};
}

}  // namespace

QCONVERT_VECTORIZE float RoundingHarm(const WeightedInputs& channel, float scale,
                                      IntegerLimits limits) {
  const size_t inputs = channel.mean.size(), whole = inputs - inputs % kLanes;
  HarmSums sums;
  for (size_t first = 0; first < whole; first += kLanes) {
    AddInputs(channel, first, kLanes, 1 / scale, limits, sums);
  }
  if (whole < inputs) AddInputs(channel, whole, inputs - whole, 1 / scale, limits, sums);
  const float spread = std::accumulate(sums.spread.begin(), sums.spread.end(), 0.0F);
  const float shift = std::accumulate(sums.shift.begin(), sums.shift.end(), 0.0F);
  return spread + shift * shift;
}

float ChooseWeightScale(const WeightedInputs& channel, float largest, IntegerLimits limits) {
  const Candidates candidates = CandidatesFor(channel.weights.size(), limits);
  float best = largest;
  float least = RoundingHarm(channel, largest, limits) * largest * largest;
  for (int i = 0; i < candidates.count; ++i) {
    const float share = static_cast<float>(i) / static_cast<float>(candidates.count - 1);
    const float scale = largest * (candidates.first + share * (candidates.last - candidates.first));
    const float harm = RoundingHarm(channel, scale, limits) * scale * scale;
    if (harm < least) {
      least = harm;
      best = scale;
    }
  }
  return best;
}

}  // namespace qconvert
