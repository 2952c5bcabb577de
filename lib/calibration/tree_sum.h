// Sums over samples whose last bits do not depend on threads or shards. Moments, totals and Gram
// matrices are made of them.
#pragma once

#include <span>
#include <vector>

#include "lib/calibration/statistic.h"

namespace qconvert {

/// Sums vectors of doubles, one of each sample, by a fixed binary tree over the samples' indices:
/// the subtree of 2^k samples that begins at a multiple of 2^k is the sum of its halves. A part
/// holds the sums of the largest such subtrees that it covers, at most two of each size; that is
/// what parts need to become the same tree again. Memory grows with log2 of the samples.
class TreeSum {
 public:
  /// Makes the sum of one sample.
  TreeSum(size_t sample, std::vector<double> values);

  /// Adds the samples right behind.
  ///   Throws Error(kUnusable) when they are not right behind, or of another length.
  void Append(TreeSum&& next);

  /// Returns the sum of all; subtrees that lack a half are their other half.
  std::vector<double> Total() const;
  size_t length() const { return parts_.front().values.size(); }

  /// Writes the values alone: a run of samples says which subtrees there are.
  void Write(ByteWriter& writer) const;
  /// Reads sums of vectors of `length` values.
  ///   samples  not empty
  ///   Throws Error(kUnusable) when a value is not finite, or the bytes end too soon.
  static TreeSum Read(ByteReader& reader, const SampleRun& samples, size_t length);

 private:
  /// A whole subtree: 2^k samples from a multiple of 2^k on.
  struct Part {
    size_t first = 0;
    size_t samples = 1;
    std::vector<double> values;
  };

  TreeSum() = default;
  void Push(Part part);

  std::vector<Part> parts_;  // in the order of the samples
};

}  // namespace qconvert
