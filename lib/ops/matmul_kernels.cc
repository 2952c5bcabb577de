#include "lib/ops/matmul_kernels.h"

#include <algorithm>
#include <utility>

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

std::unique_ptr<Kernel> PrepareProduct(const PrepareContext& context) {
  const Shape& weights = context.inputs[1]->shape;
  const int64_t outputs = weights[0], depth = weights[1];
  const int64_t rows = context.outputs[0]->elements() / outputs;
  const auto ab = memory::format_tag::ab;
  const dnnl::inner_product_forward::primitive_desc primitive(
      EngineOf(context), dnnl::prop_kind::forward_inference, memory::desc({rows, depth}, kF32, ab),
      memory::desc({outputs, depth}, kF32, memory::format_tag::any), BiasDesc(context),
      memory::desc({rows, outputs}, kF32, ab),
      MakeAttributes(context.node->As<FullyConnected>()->activation));
  return std::make_unique<OneDnnKernel>(
      primitive, std::vector<int>{DNNL_ARG_SRC},
      WeightedConstants(context, memory::desc({outputs, depth}, kF32, ab), primitive));
}

/// Returns the descriptor of matrices [...,M,K] with ones in front up to `rank`; with `transposed`
/// they lie as [...,K,M].
memory::desc MatrixDesc(Shape shape, size_t rank, bool transposed) {
  shape.insert(shape.begin(), rank - shape.size(), 1);
  std::vector<int64_t> strides = RowMajorStrides(shape);
  if (transposed) {
    std::swap(shape[rank - 2], shape[rank - 1]);
    std::swap(strides[rank - 2], strides[rank - 1]);
  }
  return {shape, kF32, strides};
}

std::unique_ptr<Kernel> PrepareMatrices(const PrepareContext& context) {
  const BatchMatMul& product = *context.node->As<BatchMatMul>();
  const Shape& result = context.outputs[0]->shape;
  const dnnl::matmul::primitive_desc primitive(
      EngineOf(context), MatrixDesc(context.inputs[0]->shape, result.size(), product.transpose_a),
      MatrixDesc(context.inputs[1]->shape, result.size(), product.transpose_b),
      MatrixDesc(result, result.size(), false), MakeAttributes(Activation::kNone));
  return std::make_unique<OneDnnKernel>(primitive,
                                        std::vector<int>{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS});
}

/// oneDNN does not take tensors without elements.
bool HasElements(const PrepareContext& context) {
  return context.inputs[0]->elements() > 0 && context.outputs[0]->elements() > 0;
}

}  // namespace

std::unique_ptr<Kernel> PrepareFullyConnectedFloat(const PrepareContext& context) {
  if (!HasConstantWeights(context) || !HasElements(context)) return nullptr;
  return OrNull([&] { return PrepareProduct(context); });
}

std::unique_ptr<Kernel> PrepareBatchMatMulFloat(const PrepareContext& context) {
  if (!HasElements(context)) return nullptr;
  return OrNull([&] { return PrepareMatrices(context); });
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
