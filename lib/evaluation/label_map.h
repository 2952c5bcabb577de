// Outputs that say for every place which class it is: segmentation. comparison.h counts how their
// labels overlap; the gate on intersection over union reads the counts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/graph/shape.h"

namespace qconvert {

/// How one class lies in two label maps.
struct ClassOverlap {
  int64_t label = 0;
  int64_t both = 0;                      ///< places that have it in both
  int64_t reference = 0, candidate = 0;  ///< places that have it
};

/// Returns whether an output of one sample holds a label for every place: scores [N,C,places...] of
/// at least two classes, or whole numbers with two axes longer than 1 (in the ONNX layout).
bool IsLabelMap(const Shape& output, bool whole_numbers);

/// Returns the labels of a map: its whole numbers, or the class with the largest score.
std::vector<int64_t> LabelsOf(const Shape& output, bool whole_numbers,
                              std::span<const float> values);

/// Counts how the classes of two maps of one sample overlap.
std::vector<ClassOverlap> OverlapsOf(const std::vector<int64_t>& reference,
                                     const std::vector<int64_t>& candidate);

/// Returns the intersection over union in percent, the mean over the classes that occur.
///   samples  one element each
///   times    how often each sample counts
double MeanIouPercent(std::span<const std::vector<ClassOverlap>> samples,
                      std::span<const uint32_t> times);

}  // namespace qconvert
