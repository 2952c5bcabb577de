// The quantized graph while build.h makes it. Every tensor of the float graph may exist in it
// several times, as float and as integers; conversions are inserted when somebody asks for a form
// that is missing.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "lib/quantization/evidence_source.h"
#include "lib/quantization/quantization_plan.h"

namespace qconvert {

/// A graph that grows from the inputs to the outputs. Tensor ids in arguments are the float
/// graph's, results are the quantized graph's.
class GrowingGraph {
 public:
  /// Begins with the graph's inputs, as plan.io says.
  GrowingGraph(const Graph& graph, const QuantizationPlan& plan);

  const Graph& graph() const { return result_; }
  /// Returns what the tensors of the quantized graph stand for.
  const std::map<TensorId, TensorId>& originals() const { return originals_; }

  /// Returns the form that the plan gives a tensor.
  IntegerForm FormOf(TensorId id, ElementType type) const;

  /// Returns the tensor as it is in the float graph; one with a grid is rounded and saturated to it
  /// first, as the quantized model does.
  TensorId Float(TensorId id);
  /// Returns the tensor as integers of the given form.
  TensorId Integer(TensorId id, const IntegerForm& form);

  /// Adds a tensor that stands for `original`, beside its other forms.
  TensorId Add(TensorId original, Tensor added);
  /// Adds the tensor itself, for a node that computes it in floats or of another type than float.
  TensorId AddFloat(TensorId id);
  /// Adds the tensor in the given form, for a node that computes it so.
  TensorId AddInteger(TensorId id, const IntegerForm& form);
  /// Adds tensor `id` in the given form by a Quantize of `from`, whose numbers it has.
  void AddRequantized(TensorId id, TensorId from, const IntegerForm& form);
  /// Adds a node.
  void Append(Node node);
  /// Adds a node that turns a tensor of this graph into `to`, which stands for `original`.
  TensorId Convert(TensorId original, TensorId from, Operator op, Tensor to);

  /// Tells each source of the nodes that were made since they were told last.
  void Tell(const EvidenceSources& evidence);

  /// Ends with the graph's outputs.
  Graph Finish();

 private:
  using FormKey = std::tuple<TensorId, ElementType, float, int32_t>;
  static FormKey KeyOf(TensorId id, const IntegerForm& form);

  const Tensor& tensor(TensorId id) const { return graph_.tensor(id); }
  TensorId AddInput(TensorId id);
  TensorId AddOutput(TensorId id);
  TensorId NoteMade(TensorId id, const IntegerForm& form, TensorId made);
  TensorId Source(TensorId id, ElementType type) const;
  TensorId Unrounded(TensorId id);

  const Graph& graph_;
  const QuantizationPlan& plan_;
  Graph result_;
  std::map<TensorId, TensorId> floats_;   // and tensors that are not float
  std::map<TensorId, TensorId> rounded_;  // floats of tensors with grids
  std::map<FormKey, TensorId> integers_;
  std::map<TensorId, TensorId> made_integers_;  // as nodes and inputs give them
  std::map<TensorId, TensorId> originals_;      // by the quantized graph's tensor
  std::vector<const Node*> made_;               // not told of yet
  std::vector<Likeness> likenesses_;            // of their results
};

}  // namespace qconvert
