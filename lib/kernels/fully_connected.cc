// Products with constant weights: float ones by oneDNN, integer ones as 1x1 convolutions.
#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/alignment.h"
#include "lib/kernels/computed_weights.h"
#include "lib/kernels/conv_onednn.h"
#include "lib/kernels/matmul.h"
#include "lib/kernels/parted_kernel.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr auto kF32 = memory::data_type::f32;
// oneDNN's 1x1 convolution is faster than its inner product from some rows on and up to some depth;
// deeper products are made in chunks, none as long as a page, whose rows would share cache sets.
constexpr int64_t kLeastRows = 8, kMostDepth = 1023;

/// A product [rows, depth] x [outputs, depth].
struct Product {
  int64_t rows = 0;
  OneDnnWeights weights;
  Activation activation = Activation::kNone;

  int64_t outputs() const { return weights.desc.get_dims()[0]; }
  int64_t depth() const { return weights.desc.get_dims()[1]; }
};

std::unique_ptr<Kernel> MakeInnerProduct(const PrepareContext& context, const Product& product) {
  const auto ab = memory::format_tag::ab;
  const dnnl::inner_product_forward::primitive_desc primitive(
      EngineOf(context), dnnl::prop_kind::forward_inference,
      memory::desc({product.rows, product.depth()}, kF32, ab), product.weights.any_desc(),
      product.weights.bias_desc(), memory::desc({product.rows, product.outputs()}, kF32, ab),
      MakeAttributes(context, product.activation));
  return std::make_unique<OneDnnKernel>(primitive, std::vector<int>{DNNL_ARG_SRC},
                                        Repacked(EngineOf(context), product.weights, primitive));
}

/// A sum of products over chunks of the depth, whose columns of the left operand are first brought
/// together.
class ChunkedProduct : public Kernel {
 public:
  struct Chunk {
    std::unique_ptr<Kernel> kernel;  ///< the first sets the result, the others add to it
    size_t offset = 0, bytes = 0;    ///< within a row of the left operand
  };
  ChunkedProduct(std::vector<Chunk> chunks, size_t rows) : chunks_(std::move(chunks)), rows_(rows) {
    for (const Chunk& chunk : chunks_) row_bytes_ += chunk.bytes;
  }

  std::string_view primitive() const override { return chunks_.front().kernel->primitive(); }
  bool Reads(size_t input) const override { return input == 0; }
  size_t scratch_bytes() const override {
    size_t most = 0;
    for (const Chunk& chunk : chunks_) {
      most = std::max(most, Aligned(rows_ * chunk.bytes) + chunk.kernel->scratch_bytes());
    }
    return most;
  }

  void Run(const Buffers& buffers) const override {
    for (const Chunk& chunk : chunks_) {
      const std::byte* from = buffers.inputs[0] + chunk.offset;
      for (size_t row = 0; row < rows_; ++row) {
        std::memcpy(buffers.scratch + row * chunk.bytes, from + row * row_bytes_, chunk.bytes);
      }
      const std::byte* columns = buffers.scratch;
      chunk.kernel->Run(
          {{&columns, 1}, buffers.outputs, buffers.scratch + Aligned(rows_ * chunk.bytes)});
    }
  }

 private:
  std::vector<Chunk> chunks_;
  size_t rows_, row_bytes_ = 0;
};

/// Describes a product as a convolution of pixels; see MakeAttributes for `accumulate`.
OneDnnConvolution AsConvolution(const PrepareContext& context, const Product& product,
                                bool accumulate = false) {
  const int64_t rows = product.rows, outputs = product.outputs(), depth = product.depth();
  const memory::dims given = product.weights.desc.get_strides();
  OneDnnWeights weights = product.weights;
  weights.desc = {
      {1, outputs, depth, 1, 1}, kF32, memory::dims{outputs * given[0], given[0], 1, 1, 1}};
  return {{{1, rows, 1, depth}, {outputs, 1, 1, depth}, {1, rows, 1, outputs}, {}},
          std::move(weights),
          MakeAttributes(context, product.activation, accumulate)};
}

std::unique_ptr<Kernel> MakeChunks(const PrepareContext& context, const Product& product) {
  const auto depth = product.depth(), chunks = (depth + kMostDepth - 1) / kMostDepth;
  PrepareContext whole = context;
  whole.threads = 1;
  std::vector<ChunkedProduct::Chunk> kernels;
  for (int64_t i = 0; i < chunks; ++i) {
    const int64_t first = depth * i / chunks, count = depth * (i + 1) / chunks - first;
    Product chunk{product.rows, SliceOf(product.weights, 1, first, count)};
    if (i > 0) chunk.weights.bias.clear();
    if (i + 1 == chunks) chunk.activation = product.activation;
    kernels.push_back(
        {PrepareOneDnnConvolution(whole, AsConvolution(context, chunk, /*accumulate=*/i > 0)),
         static_cast<size_t>(first) * sizeof(float), static_cast<size_t>(count) * sizeof(float)});
  }
  return std::make_unique<ChunkedProduct>(std::move(kernels), static_cast<size_t>(product.rows));
}

/// Prepares `make`'s kernel in slices of the outputs, or whole.
template <typename Make>
std::unique_ptr<Kernel> PrepareOutputs(const PrepareContext& context, const Product& whole,
                                       const Make& make) {
  auto slices = PrepareSlices(context.threads, {whole.rows, whole.outputs(), sizeof(float)},
                              [&](int64_t first, int64_t count) {
                                Product slice = whole;
                                slice.weights = OutputsOf(whole.weights, 0, first, count);
                                return make(context, slice);
                              });
  return slices != nullptr ? std::move(slices) : make(context, whole);
}

/// oneDNN does not take tensors without elements.
bool HasElements(const PrepareContext& context) {
  return context.inputs[0]->elements() > 0 && context.outputs[0]->elements() > 0;
}

}  // namespace

std::unique_ptr<Kernel> PrepareFullyConnectedFloat(const PrepareContext& context) {
  if (!HasConstantWeights(context)) return PrepareComputedFullyConnected(context);
  if (!HasElements(context)) return nullptr;
  const Shape& shape = context.inputs[1]->shape;
  const Product product{context.outputs[0]->elements() / shape[0],
                        FloatWeights(context, {{shape[0], shape[1]}, kF32, memory::format_tag::ab}),
                        context.node->As<FullyConnected>()->activation};
  return OrNull([&] {
    if (product.rows < kLeastRows) return PrepareOutputs(context, product, MakeInnerProduct);
    if (product.depth() > kMostDepth) return PrepareOutputs(context, product, MakeChunks);
    return PrepareOneDnnConvolution(context, AsConvolution(context, product));
  });
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
