#include "lib/math/channel_moments.h"

#include <algorithm>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

constexpr size_t kPositions = 256;  // of each sample: tens of samples make thousands

}  // namespace

QCONVERT_VECTORIZE void MomentSums::Add(std::span<const float> values, size_t channels) {
  sum_.resize(channels);
  sum_of_squares_.resize(channels);
  const size_t positions = values.size() / channels;
  const size_t stride = std::max<size_t>(1, positions / kPositions);
  for (size_t p = 0; p < positions; p += stride) {
    for (size_t c = 0; c < channels; ++c) {
      const auto value = static_cast<double>(values[p * channels + c]);
      sum_[c] += value;
      sum_of_squares_[c] += value * value;
    }
    ++positions_;
  }
}

void MomentSums::Add(const MomentSums& other) {
  sum_.resize(std::max(sum_.size(), other.sum_.size()));
  sum_of_squares_.resize(sum_.size());
  for (size_t c = 0; c < other.sum_.size(); ++c) {
    sum_[c] += other.sum_[c];
    sum_of_squares_[c] += other.sum_of_squares_[c];
  }
  positions_ += other.positions_;
}

ChannelMoments MomentSums::Moments() const {
  ChannelMoments moments;
  for (size_t c = 0; c < sum_.size(); ++c) {
    const double mean = sum_[c] / positions_;
    moments.mean.push_back(static_cast<float>(mean));
    moments.variance.push_back(
        static_cast<float>(std::max(0.0, sum_of_squares_[c] / positions_ - mean * mean)));
  }
  return moments;
}

}  // namespace qconvert
