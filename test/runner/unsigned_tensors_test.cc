#include "lib/runner/unsigned_tensors.h"

#include <map>

#include <catch2/catch.hpp>

#include "lib/kernels/kernel.h"
#include "lib/runner/buffer_owners.h"
#include "lib/runner/session.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

const QuantParams kParams = PerLayer(0.05F, 7);

/// From float to float, with an operator that has no kernel but plain loops, one that shares bytes,
/// and a Concat beside a constant.
Graph Chain() {
  GraphBuilder b;
  const auto int8 = ElementType::kInt8;
  Tensor constant = MakeConstantTensor("c", {1, 9, 5, 2}, std::vector<int8_t>(90, -3));
  constant.quant = kParams;
  const TensorId x = b.Input("x", {1, 6, 5, 3});
  const TensorId q = b.Emit(Quantize{}, {x}, "q", int8, kParams);
  const TensorId largest = b.Emit(MaxPool2D{1, 1, {}}, {q}, "largest", int8, kParams);
  const TensorId padded =
      b.Emit(MirrorPad{{0, 1, 0, 0}, {0, 2, 0, 0}}, {largest}, "padded", int8, kParams);
  const TensorId joined = b.Emit(Concat{3}, {padded, b.Add(constant)}, "joined", int8, kParams);
  const TensorId flat = b.Emit(Reshape{{1, 225}}, {joined}, "flat", int8, kParams);
  return b.Output(b.Emit(Dequantize{}, {flat}, "y")).Build();
}

TEST_CASE("Int8 tensors inside a graph lie unsigned", "[runner]") {
  const Graph graph = Chain();
  const auto flips = FindFlips(graph, BufferOwners(graph));
  for (size_t id = 0; id < flips.size(); ++id) {
    const Tensor& tensor = graph.tensor(static_cast<TensorId>(id));
    const bool inside = tensor.type == ElementType::kInt8 && !tensor.is_constant();
    CHECK(flips[id] == (inside ? kSignFlip : 0));
  }
}

TEST_CASE("Inputs and outputs of a graph, and what shares their bytes, lie as they are",
          "[runner]") {
  GraphBuilder b;
  const auto int8 = ElementType::kInt8;
  const TensorId x = b.Input("x", {1, 4, 4, 3}, int8, kParams);
  const TensorId row = b.Emit(Reshape{{1, 48}}, {x}, "row", int8, kParams);
  const TensorId result = b.Emit(Softmax{}, {row}, "s", int8, PerLayer(1.0F / 256, -128));
  b.Output(b.Emit(Reshape{{48}}, {result}, "y", int8, PerLayer(1.0F / 256, -128)));
  const Graph graph = b.Build();
  CHECK(FindFlips(graph, BufferOwners(graph)) == std::vector<uint8_t>(4, 0));
}

TEST_CASE("An observer sees signed numbers however they lie", "[runner]") {
  const auto observe = [](KernelSet kernels) {
    const CompiledGraph compiled(Chain(), {.kernels = kernels});
    Session session(compiled);
    const Tensor input = RandomInputs(compiled.graph(), 6, -3, 3).front();
    std::ranges::copy(input.constant->bytes, session.Input(0).begin());
    std::map<TensorId, std::vector<std::byte>> seen;
    session.Run([&](TensorId id, std::span<const std::byte> bytes) {
      seen[id].assign(bytes.begin(), bytes.end());
    });
    return seen;
  };
  const bool same = observe(KernelSet::kFast) == observe(KernelSet::kReference);
  CHECK(same);
}

}  // namespace
}  // namespace qconvert
