// A run of a warm session allocates nothing: every allocation of this executable is counted.
#include <cstdlib>
#include <new>

#include <catch2/catch.hpp>

#include "lib/base/parallel_for.h"
#include "lib/runner/session.h"
#include "test/support/graph_builder.h"

namespace {

thread_local size_t allocations = 0;

}  // namespace

// Out of line: a compiler that sees malloc() and delete, or new and free(), takes them for a
// mistake.
[[gnu::noinline]] void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace qconvert {
namespace {

Tensor Weights(const Shape& shape, int axis) {
  Tensor weights = MakeConstantTensor(
      "weights", shape, std::vector<int8_t>(static_cast<size_t>(NumElements(shape)), int8_t{5}));
  weights.quant = {std::vector<float>(16, 0.01F), std::vector<int32_t>(16, 0), axis};
  return weights;
}

/// Kernels of our own; oneDNN allocates inside its calls.
Graph OwnKernels() {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.05F, -10);
  const TensorId x = b.Input("x", {1, 8, 8, 16});
  const TensorId sum = b.Emit(Add{}, {b.Emit(Tanh{}, {x}), x});
  const TensorId q = b.Emit(Quantize{}, {sum}, "q", ElementType::kInt8, quant);
  const TensorId m = b.Emit(Mul{}, {q, q}, "m", ElementType::kInt8, quant);
  const TensorId h = b.Emit(HardSwish{}, {m}, "h", ElementType::kInt8, quant);
  const TensorId dense =
      b.Emit(Conv2D{}, {h, b.Add(Weights({16, 3, 3, 16}, 0))}, "dense", ElementType::kInt8, quant);
  const TensorId deep = b.Emit(DepthwiseConv2D{}, {dense, b.Add(Weights({1, 3, 3, 16}, 3))}, "deep",
                               ElementType::kInt8, quant);
  const TensorId padded =
      b.Emit(Pad{{0, 1, 1, 0}, {0, 1, 1, 0}, -1.0}, {deep}, "padded", ElementType::kInt8, quant);
  const TensorId both = b.Emit(Concat{3}, {padded, padded}, "both", ElementType::kInt8, quant);
  const TensorId turned =
      b.Emit(Transpose{{0, 3, 1, 2}}, {both}, "turned", ElementType::kInt8, quant);
  const TensorId mean = b.Emit(Mean{{2, 3}, false}, {turned}, "mean", ElementType::kInt8, quant);
  const TensorId flat = b.Emit(Reshape{{8, 4}}, {mean}, "flat", ElementType::kInt8, quant);
  return b.Output(b.Emit(Dequantize{}, {flat}, "y", ElementType::kFloat32, quant)).Build();
}

TEST_CASE("A warm session allocates nothing", "[runner]") {
  const int count = GENERATE(1, 2);
  const CompiledGraph compiled(OwnKernels(), {.threads = count});
  ThreadPool threads(count);
  Session session(compiled, &threads);
  session.Run();
  session.Run();
  const size_t before = allocations;
  session.Run();
  CHECK(allocations - before == 0);
}

}  // namespace
}  // namespace qconvert
