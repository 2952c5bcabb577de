// Where the integers of a tensor end. comparison.h counts with it how many values are stuck there.
#pragma once

#include <optional>
#include <span>

#include "lib/graph/graph.h"

namespace qconvert {

/// The real numbers that the integers of a tensor stand for.
struct OutputRange {
  float min = 0, max = 0, step = 0;  ///< real units
  int32_t zero_point = 0;
};

/// Returns the range of a tensor that is quantized per layer, or that a Dequantize makes real;
/// nothing for others.
std::optional<OutputRange> RangeOfOutput(const Graph& graph, TensorId output);

/// Returns how many values of `quantized` stand at an end of the range, although those of
/// `reference` lie more than a step away from it: a Relu's zeros are right there and do not count.
size_t CountAtEnds(std::span<const float> reference, std::span<const float> quantized,
                   const OutputRange& range);

}  // namespace qconvert
