// One operator of a TFLite file, as the operators' records read it (lib/ops/tflite_options.h).
// reader.cc turns what is left of it into a node.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/ops/tflite_options.h"

namespace tflite {
struct Operator;
}

namespace qconvert {

/// The operands of one operator, as its record sees them. Operands that a record takes become
/// attributes; the others remain.
class NodeReader : public TfliteReadContext {
 public:
  NodeReader(const Graph& graph, const tflite::Operator& source, std::vector<TensorId> inputs,
             std::vector<TensorId> outputs);

  const void* Options(int type) const override;
  size_t input_count() const override { return inputs_.size(); }
  bool HasInput(size_t i) const override { return i < inputs_.size() && inputs_[i] != kNoTensor; }
  const Tensor& Input(size_t i) const override;
  size_t output_count() const override { return outputs_.size(); }
  const Tensor& Output(size_t i) const override;
  std::vector<int64_t> TakeInts(size_t i) override;
  float TakeReal(size_t i) override;
  void SwapOperands(size_t a, size_t b) override;
  [[noreturn]] void Refuse(const std::string& reason) const override;

  /// Returns the operands that were not taken.
  std::vector<TensorId> RemainingInputs() const;

 private:
  const Tensor& TakeConstant(size_t i);

  const Graph& graph_;
  const tflite::Operator& source_;
  std::vector<TensorId> inputs_, outputs_;
  std::vector<size_t> order_;  // of the operands in the node
  std::set<size_t> taken_;
};

}  // namespace qconvert
