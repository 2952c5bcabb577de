// Some samples of a set, in an order of their own: for those who calibrate on some and judge on
// others.
#pragma once

#include <memory>
#include <vector>

#include "lib/samples/sample_set.h"

namespace qconvert {

/// Returns a set whose sample i is sample order[i] of another.
///   set    must outlive it
///   order  below set.size()
std::unique_ptr<SampleSet> Reordered(const SampleSet& set, std::vector<size_t> order);

}  // namespace qconvert
