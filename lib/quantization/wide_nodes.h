// Which nodes of a network of int8 activations compute with int16 ones. Before it: the float graph.
// After it: plan.h, which gives tensors the parameters of both types, and build.h, which puts a
// QUANTIZE where they meet.
#pragma once

#include <string>

#include "lib/graph/graph.h"
#include "lib/quantization/precision_plan.h"

namespace qconvert {

/// Gives int16 activations beside 8-bit weights to the nodes that `pattern` finds, as --wide asks,
/// and that are no exception yet; an empty one finds none.
///   Throws Error(kUsage) when `pattern` is not a regular expression.
void WidenNamed(const Graph& graph, const std::string& pattern, PrecisionPlan& plan);

/// Gives them to the nodes that read or make tensors to which the model itself gives 16 bits, that
/// are no exception yet.
void WidenGrids(const Graph& graph, PrecisionPlan& plan);

/// Gives them also to nodes that only move, select or join values, are no exception yet, and have
/// an int16 kernel: where all that they read is int16, and on the way from the model's inputs to
/// nodes that are all int16. Their values would be rounded to 8 bits in between.
void WidenMovements(const Graph& graph, PrecisionPlan& plan);

}  // namespace qconvert
