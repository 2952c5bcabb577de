// Evidence -> a range per tensor, by a range method where that does no harm. Stands between
// calibrate.h and quantization/, which chooses scales and zero points.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/calibration/evidence.h"
#include "lib/calibration/range_method.h"

namespace qconvert {

/// One range per tensor id; nothing for tensors that were not observed. Of constants, whose values
/// tell their range, only those have one that a narrower range serves (softmax_ranges.h).
using Ranges = std::vector<std::optional<Range>>;

/// The ranges of activations of each integer type. Clipping helps 8 bits, and harms 16.
struct ActivationRanges {
  Ranges int8, int16;

  ActivationRanges() = default;
  ActivationRanges(Ranges of_int8, Ranges of_int16)
      : int8(std::move(of_int8)), int16(std::move(of_int16)) {}
  /// Takes the same ranges for both.
  ActivationRanges(const Ranges& both) : int8(both), int16(both) {}

  const Ranges& Of(ElementType type) const { return type == ElementType::kInt16 ? int16 : int8; }
};

/// Ranges, and how a method came to them.
struct ChosenRanges {
  Ranges ranges;
  size_t clipped = 0;  ///< tensors that were seen beyond their range
  size_t widened = 0;  ///< tensors whose range reaches beyond what was seen, and that lose nothing
  size_t as_seen = 0;  ///< the others
  std::map<size_t, size_t> left_out;  ///< by sample: tensors that it was left out of

  size_t count() const { return clipped + widened + as_seen; }
};

/// Returns the statistics that ranges are chosen by, of every float tensor.
std::vector<const StatisticKind*> KindsForRanges(const RangeMethod& method);

/// Chooses the range of every tensor that was observed, relaxed to include zero: (2.1, 3.5) becomes
/// (0, 3.5) (the paper's section 2.1). The method may clip what it likes, but not tensors whose
/// extremes decide: the model's outputs, what Softmax, LogSoftmax and ArgMax compare, both also
/// through operators that only move or join values, and tensors of few values. At the end ranges
/// are widened to what Pads fill in, and clipped to what softmaxes tell apart.
///   evidence  of the kinds that the method needs
///   result    by tensor id of `graph`, whose tensors have the names in the evidence
ChosenRanges ChooseRanges(const Graph& graph, const Evidence& evidence, const RangeMethod& method,
                          const RangeOptions& options);

}  // namespace qconvert
