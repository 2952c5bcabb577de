// Which nodes of a plan have scales that LiteRT's kernels refuse. integer_rules.h leaves them in
// float.
#pragma once

#include <map>
#include <string>

#include "lib/quantization/quantization_plan.h"

namespace qconvert {

/// Returns the int8 nodes that LiteRT would not prepare, or would end its process in, and why
/// (lib/ops/scale_rules.h).
///   plan  with the parameters of activations; scales of weights are bounded by their largest
std::map<const Node*, std::string> RefusedScales(const Graph& graph, const QuantizationPlan& plan);

}  // namespace qconvert
