// A run of a warm session allocates nothing: every allocation of this executable is counted. What
// oneDNN allocates inside its calls depends on the processor and is not ours to judge.
#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

#include <catch2/catch.hpp>

#include "lib/base/parallel_for.h"
#include "lib/runner/session.h"
#include "test/support/graph_builder.h"

namespace {

std::atomic<size_t> allocations = 0;  // of all threads

void* Counted(void* memory) {
  ++allocations;
  return memory;
}

}  // namespace

// Out of line: a compiler that sees malloc() and delete, or new and free(), takes them for a
// mistake.
[[gnu::noinline]] void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return Counted(std::malloc(bytes == 0 ? 1 : bytes));
}
[[gnu::noinline]] void* operator new(size_t bytes) {
  if (void* memory = operator new(bytes, std::nothrow)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t bytes, std::align_val_t alignment,
                                     const std::nothrow_t&) noexcept {
  const auto unit = static_cast<size_t>(alignment);
  return Counted(std::aligned_alloc(unit, (bytes / unit + 1) * unit));
}
[[gnu::noinline]] void* operator new(size_t bytes, std::align_val_t alignment) {
  if (void* memory = operator new(bytes, alignment, std::nothrow)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace qconvert {
namespace {

Tensor Weights(const Shape& shape, int axis) {
  Tensor weights = MakeConstantTensor(
      "weights", shape, std::vector<int8_t>(static_cast<size_t>(NumElements(shape)), int8_t{5}));
  weights.quant = {std::vector<float>(16, 0.01F), std::vector<int32_t>(16, 0), axis};
  return weights;
}

template <typename Call>
size_t AllocationsDuring(const Call& call) {
  const size_t before = allocations;
  call();
  return allocations - before;
}

const QuantParams kQuant = PerLayer(0.05F, -10);

/// Operators whose kernels are ours on every processor.
Graph OwnKernels() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 8, 8, 16});
  const TensorId sum = b.Emit(Add{}, {b.Emit(Tanh{}, {x}), x});
  const TensorId q = b.Emit(Quantize{}, {sum}, "q", ElementType::kInt8, kQuant);
  const TensorId m = b.Emit(Mul{}, {q, q}, "m", ElementType::kInt8, kQuant);
  const TensorId h = b.Emit(HardSwish{}, {m}, "h", ElementType::kInt8, kQuant);
  const TensorId deep = b.Emit(DepthwiseConv2D{}, {h, b.Add(Weights({1, 3, 3, 16}, 3))}, "deep",
                               ElementType::kInt8, kQuant);
  const TensorId padded =
      b.Emit(Pad{{0, 1, 1, 0}, {0, 1, 1, 0}, -1.0}, {deep}, "padded", ElementType::kInt8, kQuant);
  const TensorId both = b.Emit(Concat{3}, {padded, padded}, "both", ElementType::kInt8, kQuant);
  const TensorId turned =
      b.Emit(Transpose{{0, 3, 1, 2}}, {both}, "turned", ElementType::kInt8, kQuant);
  const TensorId mean = b.Emit(Mean{{2, 3}, false}, {turned}, "mean", ElementType::kInt8, kQuant);
  const TensorId flat = b.Emit(Reshape{{8, 4}}, {mean}, "flat", ElementType::kInt8, kQuant);
  return b.Output(b.Emit(Dequantize{}, {flat}, "y", ElementType::kFloat32, kQuant)).Build();
}

/// Products that are ours without VNNI, oneDNN's with it, and one that is always oneDNN's.
Graph Products() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 8, 8, 16}, ElementType::kInt8, kQuant);
  const TensorId square = b.Emit(Conv2D{}, {x, b.Add(Weights({16, 3, 3, 16}, 0))}, "square",
                                 ElementType::kInt8, kQuant);
  const TensorId point = b.Emit(Conv2D{}, {square, b.Add(Weights({16, 1, 1, 16}, 0))}, "point",
                                ElementType::kInt8, kQuant);
  const TensorId real = b.Emit(Dequantize{}, {point}, "real");
  return b.Output(b.Emit(Conv2D{}, {real, b.Random("w", {16, 1, 1, 16})}, "y")).Build();
}

TEST_CASE("Allocations of all threads are counted", "[runner]") {
  ThreadPool threads(2);
  const auto allocate = [](int, int) {
    ::operator delete(::operator new(1));
    ::operator delete (::operator new (1, std::align_val_t{64}), std::align_val_t{64});
  };
  CHECK(AllocationsDuring([&] { threads.Run(10, allocate); }) == 20);
}

TEST_CASE("A warm session allocates nothing", "[runner]") {
  const int count = GENERATE(1, 2);
  const CompiledGraph compiled(OwnKernels(), {.threads = count});
  ThreadPool threads(count);
  Session session(compiled, &threads);
  session.Run();
  session.Run();
  CHECK(AllocationsDuring([&] { session.Run(); }) == 0);
}

TEST_CASE("Products that are not oneDNN's allocate nothing", "[runner]") {
  const int count = GENERATE(1, 2);
  const CompiledGraph compiled(Products(), {.threads = count});
  ThreadPool threads(count);
  Session session(compiled, &threads);
  session.Run();
  session.Run();
  session.Start();
  for (const Step& step : compiled.steps()) {
    const size_t counted = AllocationsDuring([&] { session.Advance(); });
    const std::string_view primitive = step.kernel->primitive();
    CAPTURE(step.node->name, primitive);
    if (!primitive.starts_with("onednn ")) CHECK(counted == 0);
  }
}

}  // namespace
}  // namespace qconvert
