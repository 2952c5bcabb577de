// What an integer file keeps of the quantization that the model itself does. The pass that lifts it
// (passes/lift_quantization.cc) notes grids of tensors, and leaves pairs of QuantizeLinear and
// DequantizeLinear that an integer file holds as a QUANTIZE. The planner (integer_rules.h) and
// build.h ask here. What is left of these nodes passes/lower_quantization.cc writes as float
// arithmetic.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/calibration/choose_ranges.h"
#include "lib/graph/graph.h"
#include "lib/math/affine.h"
#include "lib/quantization/weight_scheme.h"

namespace qconvert {

/// Returns whether a node is the model's own step between reals and integers.
bool IsModelQuantization(const Node& node);

/// Returns whether a node is one of a pair of 8 bits that one QUANTIZE does.
bool IsRequantization(const Graph& graph, const Node& node);

/// Returns the parameters of a type that the model gives a tensor: noted of it, or the int8 ones of
/// a constant that has one scale. Nothing where it gives none.
std::optional<QuantParams> GridOf(const Graph& graph, TensorId id, ElementType type);

/// Returns the int8 parameters of the reals that a DequantizeLinear makes of 8-bit integers with
/// one scale; nothing for other nodes, and for scales that int8 files never have
/// (lib/math/affine.h).
std::optional<QuantParams> GridOfIntegers(const Graph& graph, const Node& node);

/// Returns the int8 parameters that hold every integer to which a QuantizeLinear rounds a tensor;
/// nothing where it has other readers too, and as above.
std::optional<QuantParams> GridOfReader(const Graph& graph, TensorId id);

/// Gives tensors the ranges that their grids reach.
///   ranges  by tensor id of `graph`, or empty
void TakeRangesOfGrids(const Graph& graph, Ranges& ranges);

/// Symmetric scales of weights that a quantized model stores as integers.
struct OwnWeightScales {
  std::vector<AffineParams> scales;  ///< by channel of the scheme; empty: the model gives none, or
                                     ///< none that fits
  /// Channels whose integers, less the zero point, are no signed weights. They have the scale of
  /// their largest weight; rounding with the others' scales changes no weight, but for -128, which
  /// becomes -127.
  size_t rounded_anew = 0;

  bool keep_all() const { return !scales.empty() && rounded_anew == 0; }
};

/// Returns the scales on which the model itself put weights.
OwnWeightScales OwnScalesOf(const Tensor& weights, const WeightScheme& scheme);

/// Returns one warning that counts the nodes that are computed in float; nothing when there are
/// none.
std::optional<std::string> WarningOfQuantizedModel(const Graph& graph);

}  // namespace qconvert
