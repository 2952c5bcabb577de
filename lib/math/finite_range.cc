#include "lib/math/finite_range.h"

#include <algorithm>
#include <array>

#include "lib/base/vectorize.h"

namespace qconvert {

QCONVERT_VECTORIZE std::optional<Range> FiniteRange(std::span<const float> values) {
  // Independent lanes, so that the compiler can use vector minimum and maximum.
  constexpr size_t kLanes = 32;
  if (values.empty()) return Range{0, 0};
  std::array<float, kLanes> low, high, residue{};
  low.fill(values[0]);
  high.fill(values[0]);
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) {
      const float v = values[i + k];
      low[k] = v < low[k] ? v : low[k];
      high[k] = v > high[k] ? v : high[k];
      residue[k] += v - v;  // stays 0 exactly while v is finite
    }
  }
  for (; i < values.size(); ++i) {
    low[0] = std::min(low[0], values[i]);
    high[0] = std::max(high[0], values[i]);
    residue[0] += values[i] - values[i];
  }
  for (float r : residue) {
    if (r != 0) return std::nullopt;
  }
  return Range{*std::min_element(low.begin(), low.end()),
               *std::max_element(high.begin(), high.end())};
}

}  // namespace qconvert
