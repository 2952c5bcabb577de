// Float products of matrices that are both computed, by oneDNN.
#include <algorithm>
#include <utility>

#include "lib/kernels/matmul.h"
#include "lib/kernels/onednn.h"
#include "lib/kernels/parted_kernel.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr auto kF32 = memory::data_type::f32;

/// Returns the descriptor of matrices [...,M,K]; with `transposed` they lie as [...,K,M].
memory::desc MatrixDesc(Shape shape, bool transposed) {
  const size_t rank = shape.size();
  std::vector<int64_t> strides = RowMajorStrides(shape);
  if (transposed) {
    std::swap(shape[rank - 2], shape[rank - 1]);
    std::swap(strides[rank - 2], strides[rank - 1]);
  }
  return {shape, kF32, strides};
}

/// Shapes of a batched product, all of the result's rank: [...,M,K], [...,K,N], [...,M,N].
struct MatrixShapes {
  Shape a, b, result;
};

std::unique_ptr<Kernel> MakeMatrices(const PrepareContext& context, const MatrixShapes& shapes) {
  const BatchMatMul& product = *context.node->As<BatchMatMul>();
  const dnnl::matmul::primitive_desc primitive(
      EngineOf(context), MatrixDesc(shapes.a, product.transpose_a),
      MatrixDesc(shapes.b, product.transpose_b), MatrixDesc(shapes.result, false),
      MakeAttributes(context, Activation::kNone));
  return std::make_unique<OneDnnKernel>(primitive,
                                        std::vector<int>{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS});
}

/// Returns the first axis of a batch along which there is more than one matrix; the rank of the
/// batch when there is none.
size_t BatchAxis(const Shape& result) {
  const auto end = result.end() - 2;
  return static_cast<size_t>(
      std::find_if(result.begin(), end, [](int64_t size) { return size > 1; }) - result.begin());
}

/// Cuts a shape to `count` of `axis`, unless it is repeated along it; returns the bytes before
/// `first`.
size_t CutAxis(Shape& shape, size_t axis, int64_t first, int64_t count) {
  if (shape[axis] == 1) return 0;
  const int64_t matrices = RowMajorStrides(shape)[axis];
  shape[axis] = count;
  return static_cast<size_t>(first * matrices) * sizeof(float);
}

/// Splits the batch among the threads; null when there is one matrix.
std::unique_ptr<Kernel> PrepareBatches(const PrepareContext& context, const MatrixShapes& whole) {
  const size_t axis = BatchAxis(whole.result);
  const int64_t size = whole.result[axis], parts = std::min<int64_t>(context.threads, size);
  if (parts < 2 || axis + 2 >= whole.result.size()) return nullptr;
  std::vector<BandedKernel::Band> bands;
  for (int64_t i = 0; i < parts; ++i) {
    const int64_t first = size * i / parts, count = size * (i + 1) / parts - first;
    MatrixShapes part = whole;
    const size_t a = CutAxis(part.a, axis, first, count);
    const size_t b = CutAxis(part.b, axis, first, count);
    const size_t result = CutAxis(part.result, axis, first, count);
    bands.push_back({MakeMatrices(context, part), {a, b}, result});
  }
  return std::make_unique<BandedKernel>(std::move(bands));
}

std::unique_ptr<Kernel> PrepareMatrices(const PrepareContext& context) {
  const size_t rank = context.outputs[0]->shape.size();
  const auto padded = [&](Shape shape) {
    shape.insert(shape.begin(), rank - shape.size(), 1);
    return shape;
  };
  const MatrixShapes shapes{padded(context.inputs[0]->shape), padded(context.inputs[1]->shape),
                            context.outputs[0]->shape};
  auto batches = PrepareBatches(context, shapes);
  return batches != nullptr ? std::move(batches) : MakeMatrices(context, shapes);
}

/// oneDNN does not take tensors without elements.
bool HasElements(const PrepareContext& context) {
  return context.inputs[0]->elements() > 0 && context.outputs[0]->elements() > 0;
}

}  // namespace

std::unique_ptr<Kernel> PrepareBatchMatMulFloat(const PrepareContext& context) {
  if (!HasElements(context)) return nullptr;
  return OrNull([&] { return PrepareMatrices(context); });
}

}  // namespace qconvert
