#include "test/quantization/quantized.h"

#include "test/support/run_reference.h"

namespace qconvert {

Ranges RangesOn(const Graph& graph, const std::vector<Tensor>& inputs) {
  Graph open = graph;
  open.outputs = graph.inputs;
  for (const Node& node : graph.nodes()) {
    open.outputs.insert(open.outputs.end(), node.outputs().begin(), node.outputs().end());
  }
  const std::vector<Tensor> values = RunReference(open, inputs);
  Ranges ranges(static_cast<size_t>(graph.tensor_count()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_float()) continue;
    const Range range = RangeOf(values[i].Values<float>());
    ranges[static_cast<size_t>(open.outputs[i])] = RelaxToZero(range);
  }
  return ranges;
}

const Tensor& Quantized::operator[](const std::string& name) const {
  const TensorId id = graph.FindTensor(name);
  Check(id != kNoTensor, "no tensor " + name);
  return graph.tensor(id);
}

const QuantParams& Quantized::Params(const std::string& name) const {
  Check((*this)[name].quant.has_value(), "not quantized: " + name);
  return *(*this)[name].quant;
}

std::string Quantized::Kinds() const {
  std::string kinds;
  for (const Node& node : graph.nodes()) {
    kinds += (kinds.empty() ? "" : " ") + std::string(node.kind());
  }
  return kinds;
}

Quantized MakeInteger(const Graph& graph, const QuantizeOptions& options) {
  return MakeIntegerOn(graph, RangesOn(graph, RandomInputs(graph, 1)), options);
}

Quantized MakeIntegerOn(const Graph& graph, const Ranges& ranges, const QuantizeOptions& options) {
  PrecisionPlan precision{options.precision, {}};
  KeepFloat(graph, options.exclude, precision);
  return MakeMixture(graph, ranges, precision, options);
}

Quantized MakeMixture(const Graph& graph, const Ranges& ranges, const PrecisionPlan& precision,
                      const QuantizeOptions& options) {
  const QuantizationPlan plan = Plan(graph, ranges, precision, options.plan);
  KnownMoments evidence = NoMoments();
  BuiltGraph built = Build(graph, plan, evidence, options.methods);
  return {std::move(built.graph), ReportOf(graph, plan), std::move(built.originals)};
}

}  // namespace qconvert
