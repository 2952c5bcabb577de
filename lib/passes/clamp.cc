#include "lib/passes/clamp.h"

#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr Clamp kRelu{0, kInfinity}, kRelu6{0, 6}, kReluN1To1{-1, 1}, kRelu0To1{0, 1};

/// Returns the clamp of a Maximum or Minimum with a number.
std::optional<ClampOfTensor> WithNumber(const Graph& graph, const Node& node) {
  for (size_t constant = 0; constant < 2; ++constant) {
    const TensorId x = node.input(1 - constant);
    const auto bound = UniformValue(graph, node.input(constant));
    if (!bound || graph.tensor(x).shape != graph.tensor(node.output()).shape) continue;
    return ClampOfTensor{x, node.Is<Maximum>() ? Clamp{.min = *bound} : Clamp{.max = *bound}};
  }
  return {};
}

}  // namespace

std::optional<ClampOfTensor> AsClamp(const Graph& graph, const Node& node) {
  if (node.Is<Maximum>() || node.Is<Minimum>()) return WithNumber(graph, node);
  const TensorId x = node.input(0);
  if (node.Is<Relu>()) return ClampOfTensor{x, kRelu};
  if (node.Is<Relu6>()) return ClampOfTensor{x, kRelu6};
  if (node.Is<ReluN1To1>()) return ClampOfTensor{x, kReluN1To1};
  if (node.Is<Relu0To1>()) return ClampOfTensor{x, kRelu0To1};
  if (const auto* clip = node.As<Clip>()) return ClampOfTensor{x, {clip->min, clip->max}};
  return {};
}

Operator ClampOperator(const Clamp& clamp) {
  if (clamp == kRelu) return Relu{};
  if (clamp == kRelu6) return Relu6{};
  if (clamp == kReluN1To1) return ReluN1To1{};
  if (clamp == kRelu0To1) return Relu0To1{};
  return Clip{clamp.min, clamp.max};
}

std::optional<Activation> ClampActivation(const Clamp& clamp) {
  if (clamp == kRelu) return Activation::kRelu;
  if (clamp == kRelu6) return Activation::kRelu6;
  if (clamp == kReluN1To1) return Activation::kReluN1To1;
  return {};
}

}  // namespace qconvert
