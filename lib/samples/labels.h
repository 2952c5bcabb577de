// True classes of samples.
#pragma once

#include <string>
#include <vector>

#include "lib/samples/sample_set.h"

namespace qconvert {

/// Reads one class per sample: a text file with an integer per line in the order of the samples, a
/// CSV "file,label" (a header line is skipped) matched by file name, an IDX file, or a folder with
/// a sub-folder per class (class = its place among the sorted sub-folders).
///   Throws Error(kUnusable) when they do not match, naming the first sample without a label.
std::vector<int> ReadLabels(const std::string& path, const SampleSet& samples);

}  // namespace qconvert
