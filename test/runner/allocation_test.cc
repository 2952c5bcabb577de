// A run of a warm session allocates nothing: every allocation of this executable is counted.
#include <cstdlib>
#include <new>

#include <catch2/catch.hpp>

#include "lib/runner/session.h"
#include "test/support/graph_builder.h"

namespace {

thread_local size_t allocations = 0;

}  // namespace

void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace qconvert {
namespace {

/// Kernels of our own; oneDNN allocates inside its calls.
Graph OwnKernels() {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.05F, -10);
  const TensorId x = b.Input("x", {1, 8, 8, 16});
  const TensorId sum = b.Emit(Add{}, {b.Emit(Tanh{}, {x}), x});
  const TensorId q = b.Emit(Quantize{}, {sum}, "q", ElementType::kInt8, quant);
  const TensorId m = b.Emit(Mul{}, {q, q}, "m", ElementType::kInt8, quant);
  const TensorId h = b.Emit(HardSwish{}, {m}, "h", ElementType::kInt8, quant);
  const TensorId flat = b.Emit(Reshape{{8, 128}}, {h}, "flat", ElementType::kInt8, quant);
  return b.Output(b.Emit(Dequantize{}, {flat}, "y", ElementType::kFloat32, quant)).Build();
}

TEST_CASE("A warm session allocates nothing", "[runner]") {
  const CompiledGraph compiled(OwnKernels());
  Session session(compiled);
  session.Run();
  session.Run();
  const size_t before = allocations;
  session.Run();
  CHECK(allocations - before == 0);
}

}  // namespace
}  // namespace qconvert
