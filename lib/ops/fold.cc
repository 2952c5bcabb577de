#include "lib/ops/fold.h"

namespace qconvert {

std::vector<Tensor> InferOutputs(const Node& node, std::span<const Tensor* const> inputs) {
  std::vector<Tensor> outputs(node.outputs().size());
  OpOf(node).infer(node, inputs, outputs);
  for (const Tensor& output : outputs) NumElements(output.shape);
  return outputs;
}

void EvaluateConstants(const Node& node, std::span<const Tensor* const> inputs,
                       std::span<Tensor> outputs) {
  std::vector<TensorView> input_views, output_views;
  for (const Tensor* input : inputs) {
    std::byte* bytes =
        input == nullptr ? nullptr : const_cast<std::byte*>(input->constant->bytes.data());
    input_views.push_back({input, bytes});
  }
  for (Tensor& output : outputs) {
    auto values = std::make_shared<std::vector<std::byte>>(output.bytes());
    output_views.push_back({&output, values->data()});
    output.constant = Constant{values, *values};
  }
  OpOf(node).evaluate(node, input_views, output_views);
}

}  // namespace qconvert
