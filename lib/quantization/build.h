// Float graph + plan -> quantized graph, layer by layer. Stands between plan.h and the export
// passes.
#pragma once

#include <map>

#include "lib/quantization/codebook.h"
#include "lib/quantization/evidence_source.h"
#include "lib/quantization/quantization_plan.h"
#include "lib/quantization/quantize_weights.h"

namespace qconvert {

/// A quantized graph, and in how many layers the bias was corrected.
struct BuiltGraph {
  Graph graph;
  std::map<TensorId, TensorId> originals = {};  ///< by its tensors: the float graph's
  size_t compared_layers = 0;   ///< whose results were compared with the float network's
  size_t corrected_layers = 0;  ///< whose bias was corrected
  CodebookSizes codebooks = {};
};

/// Builds the quantized graph, in the order of the float one. Integer nodes, nodes with stored
/// weights and float nodes may stand side by side; Quantize and Dequantize convert between them.
///   plan      made for `graph`
///   evidence  each source is told of each node, and asked before a layer whose methods read it
///   Throws Error(kUnusable) when a constant is not finite, naming it; Error(kUnsupported) when
///   rounding changes the bias of a node whose bias is computed.
BuiltGraph Build(const Graph& graph, const QuantizationPlan& plan, const EvidenceSources& evidence,
                 const WeightMethods& methods = {});

}  // namespace qconvert
