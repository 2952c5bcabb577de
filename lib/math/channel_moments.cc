#include "lib/math/channel_moments.h"

#include <algorithm>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

constexpr size_t kPositions = 256;  // of each sample: tens of samples make thousands

/// Adds kRows positions, which lie `stride` floats apart, to the sums of their channels. Several at
/// once, for the sums are loaded and stored each time.
template <size_t kRows>
QCONVERT_VECTORIZE void AddRows(const float* rows, size_t stride, std::span<double> sums,
                                double* __restrict squares) {
  double* __restrict sum = sums.data();
  for (size_t c = 0; c < sums.size(); ++c) {
    for (size_t r = 0; r < kRows; ++r) {
      const auto value = static_cast<double>(rows[r * stride + c]);
      sum[c] += value;
      squares[c] += value * value;
    }
  }
}

}  // namespace

void MomentSums::Add(std::span<const float> values, size_t channels) {
  constexpr size_t kRows = 4;
  sum_.resize(channels);
  sum_of_squares_.resize(channels);
  const size_t positions = values.size() / channels;
  const size_t step = std::max<size_t>(1, positions / kPositions);
  const size_t rows = (positions + step - 1) / step, stride = step * channels;
  size_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
    AddRows<kRows>(values.data() + row * stride, stride, sum_, sum_of_squares_.data());
  }
  for (; row < rows; ++row) {
    AddRows<1>(values.data() + row * stride, stride, sum_, sum_of_squares_.data());
  }
  positions_ += static_cast<double>(rows);
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
