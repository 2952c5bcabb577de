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

std::vector<double> SumMoments(std::span<const float> values, size_t channels) {
  constexpr size_t kRows = 4;
  std::vector<double> result(1 + 2 * channels);
  const std::span<double> sums = std::span(result).subspan(1, channels);
  double* squares = result.data() + 1 + channels;
  const size_t positions = values.size() / channels;
  const size_t step = std::max<size_t>(1, positions / kPositions);
  const size_t rows = (positions + step - 1) / step, stride = step * channels;
  size_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
    AddRows<kRows>(values.data() + row * stride, stride, sums, squares);
  }
  for (; row < rows; ++row) {
    AddRows<1>(values.data() + row * stride, stride, sums, squares);
  }
  result[0] = static_cast<double>(rows);
  return result;
}

ChannelMoments MomentsOfSums(std::span<const double> sums) {
  const size_t channels = sums.size() / 2;
  const double positions = sums[0];
  ChannelMoments moments;
  if (positions == 0) return moments;
  for (size_t c = 0; c < channels; ++c) {
    const double mean = sums[1 + c] / positions;
    const double mean_square = sums[1 + channels + c] / positions;
    moments.mean.push_back(static_cast<float>(mean));
    moments.variance.push_back(static_cast<float>(std::max(0.0, mean_square - mean * mean)));
  }
  return moments;
}

}  // namespace qconvert
