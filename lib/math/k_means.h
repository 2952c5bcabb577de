// k-means of numbers: few values that stand for many.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace qconvert {

/// Returns centres from which the values are little away: each is moved to the mean of the values
/// that are nearest to it, until none moves or 300 times (Lloyd 1982). It is begun with centres at
/// equal distances and with centres of equally many values; the end with less squared distance is
/// returned.
///   values  finite
///   count   centres at most, at least 1; fewer where there are fewer different values
///   result  ascending; empty where there are no values
///   Han et al. 2016 (Deep Compression, arXiv:1510.00149), section 3, which begins at equal
///   distances.
std::vector<float> KMeans(std::span<const float> values, size_t count);

/// Returns the index of the centre that is nearest to a value.
///   centres  ascending, not empty
size_t NearestCentre(std::span<const float> centres, float value);

}  // namespace qconvert
