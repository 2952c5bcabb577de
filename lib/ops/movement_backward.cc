// The gradient of every operator that only moves elements: slices, concatenations, transposes,
// repetitions, paddings, choices.
#include <cstdint>
#include <numeric>

#include "lib/base/check.h"
#include "lib/ops/gradients.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

/// Where the elements of a node's results come from: the elements of its float operands are
/// numbered from 1 on through all operands, and the node moves the numbers.
struct MovedNumbers {
  std::vector<std::vector<uint32_t>> operands, results;
  size_t count = 0;  ///< of the elements
};

TensorView ViewOf(const TensorView& like, std::vector<uint32_t>& numbers) {
  return {like.tensor, reinterpret_cast<std::byte*>(numbers.data())};
}

MovedNumbers MoveNumbers(const Node& node, const NodeGradients& gradients) {
  MovedNumbers numbers;
  std::vector<TensorView> inputs(gradients.inputs.begin(), gradients.inputs.end()), outputs;
  for (TensorView& input : inputs) {
    std::vector<uint32_t>& its = numbers.operands.emplace_back();
    if (!input || !input.tensor->is_float()) continue;  // it decides what is moved
    its.resize(static_cast<size_t>(input.elements()));
    std::iota(its.begin(), its.end(), static_cast<uint32_t>(numbers.count + 1));
    numbers.count += its.size();
    input = ViewOf(input, its);
  }
  Check(numbers.count < UINT32_MAX, "more elements than 32-bit numbers");
  for (const TensorView& output : gradients.outputs) {
    std::vector<uint32_t>& its = numbers.results.emplace_back(output.elements(), 0);
    outputs.push_back(ViewOf(output, its));
  }
  OpOf(node).evaluate(node, inputs, outputs);
  return numbers;
}

}  // namespace

/// An element of an operand has the sum of dL/dy over the results that it was moved to.
void MovementBackward(const Node& node, const NodeGradients& gradients) {
  const MovedNumbers numbers = MoveNumbers(node, gradients);
  std::vector<double> sums(numbers.count + 1, 0);  // the first one is of results from nowhere
  for (size_t k = 0; k < numbers.results.size(); ++k) {
    const std::span<const float> by_y = gradients.by_outputs[k];
    for (size_t i = 0; i < by_y.size(); ++i) sums[numbers.results[k][i]] += double{by_y[i]};
  }
  for (size_t k = 0; k < numbers.operands.size(); ++k) {
    const std::span<float> by_x = gradients.by_inputs[k];
    for (size_t i = 0; i < by_x.size(); ++i) {
      by_x[i] += static_cast<float>(sums[numbers.operands[k][i]]);
    }
  }
}

/// What was padded comes from nowhere, which is number 0.
void PadBackward(const Node& node, const NodeGradients& gradients) {
  Node with_zeros = node;
  with_zeros.As<Pad>()->value = 0;
  MovementBackward(with_zeros, gradients);
}

}  // namespace qconvert
