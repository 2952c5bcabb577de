#include "lib/ops/matmul_kernels.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/ops/int8_gemm.h"
#include "lib/ops/int8_requantization.h"
#include "lib/ops/onednn.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr auto kF32 = memory::data_type::f32;

class FullyConnectedInt8 : public Kernel {
 public:
  FullyConnectedInt8(size_t rows, int32_t zero_point, PackedWeights weights)
      : rows_(rows), zero_point_(zero_point), weights_(std::move(weights)) {}

  std::string_view primitive() const override { return "int16 product"; }
  size_t scratch_bytes() const override {
    return (kBlockRows * weights_.padded_depth() + 32) * sizeof(int16_t);
  }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* output = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    auto* block = reinterpret_cast<int16_t*>(buffers.scratch);
    const size_t depth = weights_.depth(), padded = weights_.padded_depth();
    for (size_t first = 0; first < rows_; first += kBlockRows) {
      const size_t rows = std::min(kBlockRows, rows_ - first);
      for (size_t r = 0; r < rows; ++r) {
        WidenInt8(input + (first + r) * depth, depth, zero_point_, block + r * padded);
        std::fill(block + r * padded + depth, block + (r + 1) * padded, int16_t{0});
      }
      MultiplyInt8(block, rows, weights_, output + first * weights_.outputs(), weights_.outputs());
    }
  }

 private:
  static constexpr size_t kBlockRows = 24;
  size_t rows_;
  int32_t zero_point_;
  PackedWeights weights_;
};

std::unique_ptr<Kernel> PrepareFloat(const PrepareContext& context) {
  const dnnl::engine& engine = EngineOf(context);
  const Shape& weights = context.inputs[1]->shape;
  const int64_t outputs = weights[0], depth = weights[1];
  const int64_t rows = context.outputs[0]->elements() / outputs;
  const memory::desc source({rows, depth}, kF32, memory::format_tag::ab);
  const memory::desc target({rows, outputs}, kF32, memory::format_tag::ab);
  const memory::desc given({outputs, depth}, kF32, memory::format_tag::ab);
  const memory::desc wanted({outputs, depth}, kF32, memory::format_tag::any);
  const bool has_bias = context.inputs.size() > 2 && context.inputs[2] != nullptr;
  const memory::desc bias =
      has_bias ? memory::desc({outputs}, kF32, memory::format_tag::x) : memory::desc();
  dnnl::primitive_attr attributes = MakeAttributes();
  dnnl::post_ops post_ops;
  AppendActivation(post_ops, context.node->As<FullyConnected>()->activation);
  attributes.set_post_ops(post_ops);
  const dnnl::inner_product_forward::primitive_desc primitive(
      engine, dnnl::prop_kind::forward_inference, source, wanted, bias, target, attributes);
  std::unordered_map<int, memory> constants;
  constants[DNNL_ARG_WEIGHTS] =
      Reordered(engine, given, context.inputs[1]->constant->bytes.data(), primitive.weights_desc());
  if (has_bias) {
    constants[DNNL_ARG_BIAS] =
        memory(bias, engine, const_cast<std::byte*>(context.inputs[2]->constant->bytes.data()));
  }
  return std::make_unique<OneDnnKernel>(engine, dnnl::inner_product_forward(primitive),
                                        primitive.impl_info_str(), primitive.scratchpad_desc(),
                                        std::vector<OneDnnOperand>{{DNNL_ARG_SRC, source}},
                                        OneDnnOperand{DNNL_ARG_DST, target}, std::move(constants));
}

}  // namespace

std::unique_ptr<Kernel> PrepareFullyConnectedFloat(const PrepareContext& context) {
  const bool bias =
      context.inputs.size() < 3 || context.inputs[2] == nullptr || context.inputs[2]->is_constant();
  if (!context.inputs[1]->is_constant() || !bias || context.outputs[0]->elements() == 0) {
    return nullptr;
  }
  return OrNull([&] { return PrepareFloat(context); });
}

std::unique_ptr<Kernel> PrepareFullyConnectedInt8(const PrepareContext& context) {
  if (!HasConstantInt8Weights(context)) return nullptr;
  const Shape& weights = context.inputs[1]->shape;
  const auto rows = static_cast<size_t>(context.outputs[0]->elements() / weights[0]);
  const Activation activation = context.node->As<FullyConnected>()->activation;
  return std::make_unique<FullyConnectedInt8>(
      rows, context.inputs[0]->quant->zero_point(),
      PackWeights(context, static_cast<size_t>(weights[1]), RequantizationOf(context, activation)));
}

}  // namespace qconvert
