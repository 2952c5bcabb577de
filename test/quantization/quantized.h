// Quantizes a float graph as the pipeline does: calibrated on given inputs, with min and max.
#pragma once

#include <map>
#include <vector>

#include "lib/quantization/build.h"
#include "lib/quantization/plan.h"
#include "lib/quantization/plan_report.h"

namespace qconvert {

/// What a test asks the quantizer for.
struct QuantizeOptions {
  NodePrecision precision = {};
  std::string exclude = "";
  PlanOptions plan = {};
  WeightMethods methods = {};
};

/// Returns the range of every float tensor on one sample, by the plain loops.
Ranges RangesOn(const Graph& graph, const std::vector<Tensor>& inputs);

/// A quantized graph with what is reported of it.
struct Quantized {
  Graph graph;
  QuantizationReport report;
  std::map<TensorId, TensorId> originals;  ///< by its tensors: the float graph's

  /// Returns the tensor of that name; there must be one.
  const Tensor& operator[](const std::string& name) const;
  /// Returns the parameters of the tensor of that name; it must have some.
  const QuantParams& Params(const std::string& name) const;
  /// Returns the names of kinds in the order of the nodes, such as "Quantize Relu Dequantize".
  std::string Kinds() const;
};

/// Evidence for tests: nothing is known of the inputs.
inline KnownMoments NoMoments() {
  return KnownMoments([](const Tensor&) { return std::nullopt; });
}

/// Quantizes `graph` with the ranges of one random sample from [-1, 1), by default to int8.
Quantized MakeInteger(const Graph& graph, const QuantizeOptions& options = {});
/// Quantizes `graph` with given ranges.
Quantized MakeIntegerOn(const Graph& graph, const Ranges& ranges,
                        const QuantizeOptions& options = {});
/// Quantizes `graph` with given ranges, as each node is asked to be.
Quantized MakeMixture(const Graph& graph, const Ranges& ranges, const PrecisionPlan& precision,
                      const QuantizeOptions& options = {});

}  // namespace qconvert
