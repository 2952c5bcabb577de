#include "lib/math/k_means.h"

#include <algorithm>
#include <cmath>

#include "lib/base/check.h"

namespace qconvert {
namespace {

constexpr int kMostRounds = 300;

/// Sorted values with their running sums: what a cluster holds is known from its two ends.
class SortedValues {
 public:
  explicit SortedValues(std::span<const float> values) : values_(values.begin(), values.end()) {
    std::ranges::sort(values_);
    sums_.reserve(values_.size() + 1);
    squares_.reserve(values_.size() + 1);
    for (const float value : values_) {
      sums_.push_back(sums_.back() + value);
      squares_.push_back(squares_.back() + double{value} * value);
    }
  }

  const std::vector<float>& values() const { return values_; }

  /// Returns where the values begin that are nearer to the second of two centres.
  size_t Between(float low, float high) const {
    const float middle = static_cast<float>((double{low} + high) / 2);
    return static_cast<size_t>(std::ranges::upper_bound(values_, middle) - values_.begin());
  }
  double Mean(size_t first, size_t last) const {
    return (sums_[last] - sums_[first]) / static_cast<double>(last - first);
  }
  double SquaredDistances(size_t first, size_t last, double centre) const {
    return squares_[last] - squares_[first] - 2 * centre * (sums_[last] - sums_[first]) +
           centre * centre * static_cast<double>(last - first);
  }

 private:
  std::vector<float> values_;
  std::vector<double> sums_{0}, squares_{0};  // of the values before each
};

struct Clusters {
  std::vector<float> centres;
  double squares = 0;
};

/// Calls `visit(c, first, last)` for each centre and the values that are nearest to it.
template <typename Visit>
void ForEachCluster(const SortedValues& sorted, const std::vector<float>& centres, Visit visit) {
  size_t first = 0;
  for (size_t c = 0; c < centres.size(); ++c) {
    const bool is_last = c + 1 == centres.size();
    const size_t end =
        is_last ? sorted.values().size() : sorted.Between(centres[c], centres[c + 1]);
    const size_t last = std::max(first, end);
    visit(c, first, last);
    first = last;
  }
}

/// Returns the means of the clusters; a centre without values has none.
std::vector<float> Means(const SortedValues& sorted, const std::vector<float>& centres) {
  std::vector<float> means;
  ForEachCluster(sorted, centres, [&](size_t, size_t first, size_t last) {
    if (first < last) means.push_back(static_cast<float>(sorted.Mean(first, last)));
  });
  return means;
}

/// Adds the value that is farthest from its centre.
void AddFarthest(const SortedValues& sorted, std::vector<float>& centres) {
  float farthest = 0;
  double distance = -1;
  ForEachCluster(sorted, centres, [&](size_t c, size_t first, size_t last) {
    if (first == last) return;
    for (const float end : {sorted.values()[first], sorted.values()[last - 1]}) {
      if (std::abs(double{end} - centres[c]) <= distance) continue;
      distance = std::abs(double{end} - centres[c]);
      farthest = end;
    }
  });
  centres.insert(std::ranges::upper_bound(centres, farthest), farthest);
}

/// Moves every centre to the mean of its values until none moves. One without values moves to the
/// value that is farthest from its own.
Clusters Settle(const SortedValues& sorted, std::vector<float> centres) {
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<float> moved = Means(sorted, centres);
    while (moved.size() < centres.size()) AddFarthest(sorted, moved);
    if (moved == centres) break;
    centres = std::move(moved);
  }
  Clusters result{std::move(centres)};
  ForEachCluster(sorted, result.centres, [&](size_t c, size_t first, size_t last) {
    result.squares += sorted.SquaredDistances(first, last, result.centres[c]);
  });
  return result;
}

}  // namespace

std::vector<float> KMeans(std::span<const float> values, size_t count) {
  Check(count > 0, "k-means without centres");
  if (values.empty()) return {};
  const SortedValues sorted(values);
  const std::vector<float>& all = sorted.values();
  std::vector<float> different;
  for (size_t i = 0; i < all.size() && different.size() <= count; ++i) {
    if (i == 0 || all[i] != all[i - 1]) different.push_back(all[i]);
  }
  if (different.size() <= count) return different;
  std::vector<float> even, populous;
  const auto k = static_cast<double>(count);
  for (size_t c = 0; c < count; ++c) {
    const double part = (static_cast<double>(c) + 0.5) / k;
    even.push_back(static_cast<float>(all.front() + part * (double{all.back()} - all.front())));
    populous.push_back(all[static_cast<size_t>(part * static_cast<double>(all.size()))]);
  }
  const Clusters a = Settle(sorted, std::move(even)), b = Settle(sorted, std::move(populous));
  return a.squares <= b.squares ? a.centres : b.centres;
}

size_t NearestCentre(std::span<const float> centres, float value) {
  const auto above = std::ranges::lower_bound(centres, value);
  if (above == centres.begin()) return 0;
  const auto index = static_cast<size_t>(above - centres.begin());
  if (above == centres.end()) return index - 1;
  return double{value} - centres[index - 1] <= double{*above} - value ? index - 1 : index;
}

}  // namespace qconvert
