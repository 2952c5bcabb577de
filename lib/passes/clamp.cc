#include "lib/passes/clamp.h"

#include <limits>

#include "lib/ops/op.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Returns the clamp of a Maximum or Minimum with a number.
std::optional<ClampOfTensor> WithNumber(const Graph& graph, const Node& node) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (size_t constant = 0; constant < 2; ++constant) {
    const TensorId x = node.input(1 - constant);
    const auto bound = UniformValue(graph, node.input(constant));
    if (!bound || graph.tensor(x).shape != graph.tensor(node.output()).shape) continue;
    return ClampOfTensor{x,
                         node.Is<Maximum>() ? Range{*bound, kInfinity} : Range{-kInfinity, *bound}};
  }
  return {};
}

}  // namespace

std::optional<ClampOfTensor> AsClamp(const Graph& graph, const Node& node) {
  if (node.Is<Maximum>() || node.Is<Minimum>()) return WithNumber(graph, node);
  const ClampFunction clamp = OpOf(node).clamp;
  if (clamp == nullptr) return {};
  return ClampOfTensor{node.input(0), clamp(node.op)};
}

}  // namespace qconvert
