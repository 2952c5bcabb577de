// Whether labels and a network belong together at all: else no accuracy, drop or gate means
// anything. Comes after comparison.h; the public Evaluate asks it before gate.h judges.
#pragma once

#include <cstddef>
#include <vector>

#include "lib/evaluation/comparison.h"

namespace qconvert {

/// Returns whether so many hits are more than guessing gives: whether a binomial of probability
/// 1 / classes reaches them in at most 1 of 100 cases.
bool BetterThanGuessing(size_t hits, size_t samples, size_t classes);

/// Requires that the reference's top-1 is better than guessing, and that the labels do not fit
/// better when 1 is added to each or subtracted.
///   labels  the samples' classes, by which `comparison` was made
///   Throws Error(kUnusable) with the likely cause and the remedy. Too few samples are an error as
///   well, since they cannot show that the labels are right.
void RequireFittingLabels(const Comparison& comparison, const std::vector<int>& labels);

}  // namespace qconvert
