#include "lib/math/weight_scale.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

// Several scales at once, a lane each.
constexpr int kLanes = 8;
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;

/// Replaces each scale by the harm that it does; kClips when a scale is below max|w| / limit.
template <bool kClips>
[[gnu::always_inline]] inline void HarmsInPlace(const WeightedInputs& channel, IntegerLimits limits,
                                                float* scales) {
  constexpr float kToInteger = 12582912;  // 1.5 * 2^23: adding it leaves no fraction bits
  const size_t inputs = channel.mean.size();
  const Lanes low = static_cast<float>(limits.min) + Lanes{};
  const Lanes high = static_cast<float>(limits.max) + Lanes{};
  Lanes steps_per_unit{};
  for (int k = 0; k < kLanes; ++k) steps_per_unit[k] = 1 / scales[k];
  Lanes spread{};  // sum_i v_i (sum_t e^2 + (sum_t e)^2) / 2
  Lanes shift{};   // sum_i m_i sum_t e
  for (size_t i = 0; i < inputs; ++i) {
    Lanes own{}, joint{};  // sum_t e^2, sum_t e
    for (size_t at = i; at < channel.weights.size(); at += inputs) {
      const Lanes steps = channel.weights[at] * steps_per_unit;
      Lanes rounded = (steps + kToInteger) - kToInteger;
      if constexpr (kClips) {
        rounded = rounded < low ? low : rounded;
        rounded = rounded > high ? high : rounded;
      }
      const Lanes error = rounded - steps;
      own += error * error;
      joint += error;
    }
    spread += channel.variance[i] / 2 * (own + joint * joint);
    shift += channel.mean[i] * joint;
  }
  const Lanes harms = spread + shift * shift;
  for (int k = 0; k < kLanes; ++k) scales[k] = harms[k];
}

QCONVERT_VECTORIZE void FindHarms(const WeightedInputs& channel, IntegerLimits limits, bool clips,
                                  float* scales) {
  if (clips) {
    HarmsInPlace<true>(channel, limits, scales);
  } else {
    HarmsInPlace<false>(channel, limits, scales);
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

float RoundingHarm(const WeightedInputs& channel, float scale, IntegerLimits limits) {
  std::array<float, kLanes> lanes;
  lanes.fill(scale);
  FindHarms(channel, limits, true, lanes.data());
  return lanes.front();
}

float ChooseWeightScale(const WeightedInputs& channel, float largest, IntegerLimits limits) {
  const Candidates candidates = CandidatesFor(channel.weights.size(), limits);
  const bool clips = candidates.first < 1;  // else `largest` is the first candidate
  float best = largest;
  float least = clips ? RoundingHarm(channel, largest, limits) * largest * largest : INFINITY;
  for (int first = 0; first < candidates.count; first += kLanes) {
    std::array<float, kLanes> scales, harms;
    for (int k = 0; k < kLanes; ++k) {
      const int candidate = std::min(first + k, candidates.count - 1);
      const float share = static_cast<float>(candidate) / static_cast<float>(candidates.count - 1);
      scales[static_cast<size_t>(k)] =
          largest * (candidates.first + share * (candidates.last - candidates.first));
    }
    harms = scales;
    FindHarms(channel, limits, clips, harms.data());
    for (size_t k = 0; k < kLanes; ++k) {
      const float harm = harms[k] * scales[k] * scales[k];
      if (harm < least) {
        least = harm;
        best = scales[k];
      }
    }
  }
  return best;
}

}  // namespace qconvert
