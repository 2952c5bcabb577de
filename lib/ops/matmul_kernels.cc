#include "lib/ops/matmul_kernels.h"

#include <algorithm>
#include <utility>

#include "lib/ops/conv_kernels.h"
#include "lib/ops/onednn.h"
#include "lib/ops/parted_kernel.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr auto kF32 = memory::data_type::f32;
// Where oneDNN's 1x1 convolution is faster than its inner product: deeper ones leave the cache.
constexpr int64_t kLeastRows = 8, kMostDepth = 1024;

/// A product of `rows` rows with some of the outputs.
std::unique_ptr<Kernel> MakeProduct(const PrepareContext& context, int64_t rows,
                                    const OneDnnWeights& weights) {
  const int64_t outputs = weights.desc.get_dims()[0], depth = weights.desc.get_dims()[1];
  const auto ab = memory::format_tag::ab;
  const dnnl::inner_product_forward::primitive_desc primitive(
      EngineOf(context), dnnl::prop_kind::forward_inference, memory::desc({rows, depth}, kF32, ab),
      weights.any_desc(), weights.bias_desc(), memory::desc({rows, outputs}, kF32, ab),
      MakeAttributes(context.node->As<FullyConnected>()->activation));
  return std::make_unique<OneDnnKernel>(primitive, std::vector<int>{DNNL_ARG_SRC},
                                        Repacked(EngineOf(context), weights, primitive));
}

std::unique_ptr<Kernel> PrepareProduct(const PrepareContext& context, int64_t rows) {
  const Shape& shape = context.inputs[1]->shape;
  const OneDnnWeights weights =
      FloatWeights(context, {{shape[0], shape[1]}, kF32, memory::format_tag::ab});
  auto slices = PrepareSlices(
      context.threads, {rows, shape[0], sizeof(float)}, [&](int64_t first, int64_t count) {
        return MakeProduct(context, rows, OutputsOf(weights, 0, first, count));
      });
  return slices != nullptr ? std::move(slices) : MakeProduct(context, rows, weights);
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
  const int64_t outputs = context.inputs[1]->shape[0], depth = context.inputs[1]->shape[1];
  const int64_t rows = context.outputs[0]->elements() / outputs;
  if (rows < kLeastRows || depth > kMostDepth) {
    return OrNull([&] { return PrepareProduct(context, rows); });
  }
  return PrepareFloatConvolution(
      context, {{1, rows, 1, depth}, {outputs, 1, 1, depth}, {1, rows, 1, outputs}, {}},
      context.node->As<FullyConnected>()->activation);
}

std::unique_ptr<Kernel> PrepareBatchMatMulFloat(const PrepareContext& context) {
  if (!HasElements(context)) return nullptr;
  return OrNull([&] { return PrepareMatrices(context); });
}

std::unique_ptr<Kernel> PrepareFullyConnectedInt8(const PrepareContext& context) {
  if (!HasElements(context)) return nullptr;
  const int64_t outputs = context.inputs[1]->shape[0], depth = context.inputs[1]->shape[1];
  const int64_t rows = context.outputs[0]->elements() / outputs;
  return PrepareInt8Convolution(
      context, {{1, rows, 1, depth}, {outputs, 1, 1, depth}, {1, rows, 1, outputs}, {}},
      context.node->As<FullyConnected>()->activation);
}

}  // namespace qconvert
