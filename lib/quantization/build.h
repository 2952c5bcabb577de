// Float graph + plan -> quantized graph, layer by layer. Stands between plan.h and the export
// passes.
#pragma once

#include "lib/quantization/evidence_source.h"
#include "lib/quantization/quantization_plan.h"
#include "lib/quantization/quantize_weights.h"

namespace qconvert {

/// Builds the quantized graph, in the order of the float one. Integer nodes, nodes with stored
/// weights and float nodes may stand side by side; Quantize and Dequantize convert between them.
///   plan      made for `graph`
///   evidence  is told of each node, and asked before a layer whose methods read evidence
///   Throws Error(kUnusable) when a constant is not finite, naming it; Error(kUnsupported) when
///   rounding changes the bias of a node whose bias is computed.
Graph Build(const Graph& graph, const QuantizationPlan& plan, EvidenceSource& evidence,
            const WeightMethods& methods = {});

}  // namespace qconvert
