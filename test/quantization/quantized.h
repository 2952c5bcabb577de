// Quantizes a float graph as the pipeline does: calibrated on given inputs, with min and max.
#pragma once

#include <vector>

#include "lib/quantization/quantize_graph.h"

namespace qconvert {

/// Returns the range of every float tensor on one sample, by the plain loops.
Ranges RangesOn(const Graph& graph, const std::vector<Tensor>& inputs);

/// A quantized graph with what the quantizer reported.
struct Quantized {
  Graph graph;
  QuantizationReport report;

  /// Returns the tensor of that name; there must be one.
  const Tensor& operator[](const std::string& name) const;
  /// Returns the parameters of the tensor of that name; it must have some.
  const QuantParams& Params(const std::string& name) const;
  /// Returns the names of kinds in the order of the nodes, such as "Quantize Relu Dequantize".
  std::string Kinds() const;
};

/// Makes `graph` integer with the ranges of one random sample from [-1, 1).
Quantized MakeInteger(const Graph& graph, const QuantizeOptions& options = {});
/// Makes `graph` integer with given ranges.
Quantized MakeIntegerOn(const Graph& graph, const Ranges& ranges,
                        const QuantizeOptions& options = {});

}  // namespace qconvert
