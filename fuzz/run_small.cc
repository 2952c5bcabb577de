#include "fuzz/run_small.h"

#include <cstring>

#include "lib/ops/op.h"
#include "lib/runner/session.h"

namespace qconvert {
namespace {

constexpr size_t kMostNodes = 100;
constexpr int64_t kMostMultiplyAdds = 4'000'000;

int64_t MultiplyAdds(const Graph& graph, const Node& node) {
  const Op& op = OpOf(node);
  if (op.multiply_adds == nullptr) return 0;
  std::vector<const Tensor*> operands;
  for (TensorId id : node.inputs()) {
    operands.push_back(id == kNoTensor ? nullptr : &graph.tensor(id));
  }
  return op.multiply_adds(node, operands, graph.tensor(node.output()));
}

/// Small integers, so that indices and reals are plausible.
void Fill(const Tensor& tensor, std::span<std::byte> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto small = static_cast<uint8_t>(i * 7 % 5);
    bytes[i] = std::byte{tensor.type == ElementType::kBool    ? static_cast<uint8_t>(small & 1U)
                         : i % ElementBytes(tensor.type) == 0 ? small
                                                              : uint8_t{0}};
  }
  if (!tensor.is_float()) return;
  for (size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
    const float value = static_cast<float>(i * 37 % 64) / 16 - 2;
    std::memcpy(bytes.data() + i * sizeof(float), &value, sizeof(float));
  }
}

}  // namespace

bool IsSmall(const Graph& graph, size_t most_bytes) {
  if (graph.nodes().size() > kMostNodes) return false;
  size_t bytes = 0;
  int64_t multiply_adds = 0;
  for (TensorId id = 0; id < graph.tensor_count(); ++id) bytes += graph.tensor(id).bytes();
  for (const Node& node : graph.nodes()) multiply_adds += MultiplyAdds(graph, node);
  return bytes <= most_bytes && multiply_adds <= kMostMultiplyAdds;
}

void RunSmall(const Graph& graph, KernelSet kernels) {
  if (!IsSmall(graph)) return;
  const CompiledGraph compiled(graph, {kernels});
  Session session(compiled);
  for (size_t k = 0; k < graph.inputs.size(); ++k) {
    Fill(graph.tensor(graph.inputs[k]), session.Input(k));
  }
  session.Run();
}

}  // namespace qconvert
