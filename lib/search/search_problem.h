// What a search for precisions sees of a network: groups of nodes, the precisions that each may
// get, what they cost, and a bounded number of files that may be made and measured. convert/ makes
// the problem; a strategy (search_strategy.h) solves it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace qconvert {

/// The place of a choice for each group.
using Assignment = std::vector<uint16_t>;

/// What one file gave.
struct SearchPoint {
  Assignment assignment;
  double cost = 0;     ///< what is minimized: bytes of the file, or microseconds
  double noise = 0;    ///< noise-to-signal ratio of the worst output (1: as much noise as signal)
  bool meets = false;  ///< every target is met
  double miss = 0;     ///< of the target that is missed most, relative to it; 0: none is
  /// The noise-to-signal ratio that each group adds to what it reads; 0 where it was not compared.
  std::vector<double> added_noise = {};
};

/// One group of nodes, as numbers that a strategy may learn from.
struct GroupTraits {
  double weights = 0;    ///< elements
  double results = 0;    ///< elements of what its nodes compute
  double depthwise = 0;  ///< 1: its layer has one channel per filter
  double place = 0;      ///< in the order of the graph, from 0 to 1
};

/// A problem with a budget. Choices are in the order in which the user gave them.
class SearchProblem {
 public:
  virtual ~SearchProblem() = default;

  virtual size_t groups() const = 0;
  virtual size_t choices() const = 0;
  virtual const GroupTraits& traits(size_t group) const = 0;
  /// Returns what a group adds to the cost with a choice, estimated: costs of groups add up but for
  /// a constant.
  virtual double cost(size_t group, size_t choice) const = 0;
  /// Returns how many more files may be made.
  virtual size_t left() const = 0;
  /// Makes and measures a file. A file that was made before is remembered and counts once.
  ///   result  nothing when there is no such file, or the budget is spent
  ///   Throws Error as a conversion does.
  virtual std::optional<SearchPoint> Measure(const Assignment& assignment) = 0;
  /// Returns the cheapest point that was measured and meets the targets; null when none does.
  virtual const SearchPoint* best() const = 0;
};

}  // namespace qconvert
