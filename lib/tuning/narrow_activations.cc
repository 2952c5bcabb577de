#include "lib/tuning/narrow_activations.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Adds an int8 constant of one value in the steps of another tensor.
TensorId AddStep(Graph& graph, TensorId like, int32_t step, const char* meaning) {
  const std::string name = graph.tensor(like).name + meaning;
  Tensor bound = MakeConstantTensor(name, {}, std::vector<int8_t>{static_cast<int8_t>(step)});
  bound.quant = graph.tensor(like).quant;
  return graph.AddTensor(std::move(bound));
}

/// Inserts a node that reads `x` and a constant: behind x's producer, or in front of everything.
TensorId Emit(Graph& graph, Operator op, TensorId x, TensorId bound, const char* meaning) {
  const std::string name = graph.tensor(x).name + meaning;
  const Node* producer = graph.Producer(x);
  const TensorId y = producer == nullptr
                         ? EmitBefore(graph, graph.nodes().front(), std::move(op), {x, bound}, name)
                         : EmitAfter(graph, *producer, std::move(op), {x, bound}, name);
  graph.tensor(y).quant = graph.tensor(x).quant;
  return y;
}

}  // namespace

Grid NarrowGrid(const Grid& wide, int bits) {
  const auto steps = static_cast<float>((1 << bits) - 1);
  const int32_t least = -(1 << (bits - 1)), most = -least - 1;
  const float ratio = static_cast<float>(wide.limits.max - wide.limits.min) / steps;
  const float from_least =
      static_cast<float>(wide.params.zero_point - wide.limits.min) / ratio;  // of zero, in steps
  const auto zero = static_cast<int32_t>(std::lround(from_least)) + least;
  return {{wide.params.scale * ratio, std::clamp(zero, least, most)}, {least, most}};
}

void ClampReaders(Graph& graph, TensorId id, IntegerLimits limits) {
  const TensorId least = AddStep(graph, id, limits.min, "/least");
  const TensorId most = AddStep(graph, id, limits.max, "/most");
  const TensorId raised = Emit(graph, Maximum{}, id, least, "/raised");
  Node& raising = *graph.Producer(raised);
  const TensorId clamped = Emit(graph, Minimum{}, raised, most, "/clamped");
  graph.ReplaceUses(id, clamped);
  graph.SetInput(raising, 0, id);
}

}  // namespace qconvert
