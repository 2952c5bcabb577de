// True classes of samples.
#pragma once

#include <string>
#include <vector>

#include "lib/samples/sample_set.h"

namespace qconvert {

/// One class per sample.
struct Labels {
  std::vector<int> classes;
  std::string rule;  ///< how folders became classes, for the summary; empty: a file says them
};

/// Reads one class per sample: a text file with an integer per line in the order of the samples, a
/// CSV "file,label" (a header line is skipped) matched by file name, an IDX file, or a folder with
/// a sub-folder per class. As many sub-folders as there are classes are the classes in the order of
/// their names. Any other number of them is taken if all names are numbers of classes.
///   classes  how many the network has
///   Throws Error(kUnusable) when they do not match, naming the line, the folders or the first
///   sample without a label.
Labels ReadLabels(const std::string& path, const SampleSet& samples, size_t classes);

}  // namespace qconvert
