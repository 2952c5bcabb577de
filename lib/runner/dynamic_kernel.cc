#include "lib/runner/dynamic_kernel.h"

#include <utility>
#include <vector>

#include "lib/base/alignment.h"
#include "lib/math/dynamic_range.h"
#include "lib/ops/fold.h"

namespace qconvert {
namespace {

constexpr size_t kMostInputs = 3;  // activations, weights, bias

/// Returns the real weights that quantized ones stand for.
Tensor RealWeights(const Tensor& weights) {
  const Node node(weights.name, Dequantize{}, {0}, {1});
  const Tensor* const operand = &weights;
  std::vector<Tensor> real = InferOutputs(node, {&operand, 1});
  EvaluateConstants(node, {&operand, 1}, real);
  return std::move(real.front());
}

/// Returns how many activations share a scale.
size_t ValuesPerScale(const Op& op, const Tensor& input) {
  const int64_t scales = op.dynamic.scales == DynamicRule::kRow
                             ? NumElements({input.shape.begin(), input.shape.end() - 1})
                             : input.shape.front();
  return scales == 0 ? 0 : static_cast<size_t>(input.elements() / scales);
}

class DynamicKernel : public Kernel {
 public:
  /// real_weights  owned here, because `inner` may read them
  DynamicKernel(std::unique_ptr<const Tensor> real_weights, std::unique_ptr<Kernel> inner,
                size_t elements, size_t values_per_scale)
      : real_weights_(inner->Reads(1) ? std::move(real_weights) : nullptr),
        inner_(std::move(inner)),
        elements_(elements),
        values_per_scale_(values_per_scale) {}

  std::string_view primitive() const override { return inner_->primitive(); }
  bool Reads(size_t input) const override { return input != 1 && inner_->Reads(input); }
  size_t scratch_bytes() const override { return RoundedBytes() + inner_->scratch_bytes(); }

  void Run(const Buffers& buffers) const override {
    auto* rounded = reinterpret_cast<float*>(buffers.scratch);
    const auto* values = reinterpret_cast<const float*>(buffers.inputs[0]);
    for (size_t i = 0; i < elements_; i += values_per_scale_) {
      RoundToOwnRange({values + i, values_per_scale_}, {rounded + i, values_per_scale_});
    }
    const std::byte* inputs[kMostInputs] = {buffers.scratch, nullptr, nullptr};
    if (real_weights_) inputs[1] = real_weights_->constant->bytes.data();
    if (buffers.inputs.size() == kMostInputs) inputs[2] = buffers.inputs[2];
    Buffers inner = buffers;
    inner.inputs = {inputs, buffers.inputs.size()};
    inner.scratch += RoundedBytes();
    inner_->Run(inner);
  }

 private:
  size_t RoundedBytes() const { return Aligned(elements_ * sizeof(float)); }

  std::unique_ptr<const Tensor> real_weights_;  // null: `inner_` has repacked them
  std::unique_ptr<Kernel> inner_;
  size_t elements_, values_per_scale_;  // of the activations
};

}  // namespace

std::unique_ptr<Kernel> MakeDynamicKernel(
    const PrepareContext& context,
    const std::function<std::unique_ptr<Kernel>(const PrepareContext&)>& prepare) {
  const Op& op = OpOf(*context.node);
  const Tensor* const quantized = context.inputs.size() > 1 ? context.inputs[1] : nullptr;
  const bool constant = quantized != nullptr && quantized->is_constant() && quantized->quant;
  if (op.dynamic.scales == DynamicRule::kNone || !constant || !context.outputs[0]->is_float()) {
    Fail(ErrorKind::kUnsupported, "it has no kernel with float activations beside these integers");
  }
  auto weights = std::make_unique<const Tensor>(RealWeights(*quantized));
  PrepareContext real = context;
  real.inputs[1] = weights.get();
  const Tensor& input = *context.inputs[0];
  std::unique_ptr<Kernel> inner = prepare(real);
  return std::make_unique<DynamicKernel>(std::move(weights), std::move(inner),
                                         static_cast<size_t>(input.elements()),
                                         ValuesPerScale(op, input));
}

}  // namespace qconvert
