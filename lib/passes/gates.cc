#include "lib/passes/gates.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace qconvert {
namespace {

double HardSwishOf(double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }
double SiluOf(double x) { return x / (1 + std::exp(-x)); }
double GeluOf(double x) { return x * std::erfc(-x * std::sqrt(0.5)) / 2; }

// Where the functions are lowest.
constexpr double kLowestHardSwish = -1.5, kLowestSilu = -1.2785, kLowestGelu = -0.7518;

/// Returns the gate when the readers of `x` are a Logistic and the Mul that multiplies them.
std::optional<Gate> SiluOn(const Graph& graph, TensorId x, const std::vector<Node*>& readers) {
  if (readers.size() != 2) return std::nullopt;
  const Node* logistic = readers[readers[0]->Is<Logistic>() ? 0 : 1];
  const Node* product = readers[readers[0]->Is<Logistic>() ? 1 : 0];
  if (!logistic->Is<Logistic>() || !product->Is<Mul>()) return std::nullopt;
  const TensorId gate = logistic->output();
  const bool gated = (product->input(0) == x && product->input(1) == gate) ||
                     (product->input(1) == x && product->input(0) == gate);
  if (!gated || graph.SoleConsumer(gate) != product) return std::nullopt;
  return Gate{x, product->output(), SiluOf, kLowestSilu};
}

std::optional<Gate> GateOn(const Graph& graph, TensorId x) {
  const std::vector<Node*> readers = graph.Consumers(x);
  if (readers.size() != 1) return SiluOn(graph, x, readers);
  const TensorId result = readers.front()->output();
  if (readers.front()->Is<HardSwish>()) return Gate{x, result, HardSwishOf, kLowestHardSwish};
  if (readers.front()->Is<Gelu>()) return Gate{x, result, GeluOf, kLowestGelu};
  return std::nullopt;
}

}  // namespace

std::vector<Gate> FindGates(const Graph& graph) {
  std::vector<Gate> gates;
  for (const Node& node : graph.nodes()) {
    for (TensorId x : node.outputs()) {
      const auto gate = graph.IsOutput(x) ? std::nullopt : GateOn(graph, x);
      if (gate) gates.push_back(*gate);
    }
  }
  return gates;
}

}  // namespace qconvert
