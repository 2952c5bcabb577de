// Labels things 0 or 1 at the least cost: a minimum cut. For the pass that chooses layouts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace qconvert {

/// A labelling problem whose costs are all "when a has label 0 and b has label 1".
class MinCut {
 public:
  static constexpr int kZero = 0, kOne = 1;  ///< things whose label is fixed
  static constexpr int64_t kForbidden = std::numeric_limits<int64_t>::max() / 4;

  MinCut() : edges_(2) {}

  /// Adds a thing that needs a label.
  int Add();
  /// Makes label 0 of `zero` together with label 1 of `one` cost something.
  void AddCost(int zero, int one, int64_t cost);

  /// Returns the cheapest labels, by thing. Among equals: as many 1 as can be, or as few.
  std::vector<bool> Solve(bool prefer_ones);

 private:
  struct Edge {
    int to;
    int64_t capacity;
    size_t twin;  // index of the opposite edge among edges_[to]
  };
  bool Augment();
  std::vector<bool> ReachableFromZero() const;
  std::vector<bool> CannotReachOne() const;

  std::vector<std::vector<Edge>> edges_;
};

}  // namespace qconvert
