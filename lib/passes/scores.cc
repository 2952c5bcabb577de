#include "lib/passes/scores.h"

#include <algorithm>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

bool Averages(const Node& node) { return node.Is<AveragePool2D>() || node.Is<ResizeBilinear>(); }

bool IsSoftmax(const Node& node) { return node.Is<Softmax>() || node.Is<LogSoftmax>(); }

bool IsSum(const Node& node) {
  return node.Is<Add>() || node.Is<Sub>() || node.Is<Neg>() || node.Is<Mul>();
}

/// The tensors, while the nodes are visited from the last to the first.
class Finder {
 public:
  explicit Finder(const Graph& graph)
      : read_(static_cast<size_t>(graph.tensor_count())), other_(read_.size()) {
    for (TensorId id : graph.outputs) other_[Index(id)] = true;
    for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) Visit(*node);
  }

  std::vector<bool> Scores() const {
    std::vector<bool> scores(read_.size());
    for (size_t i = 0; i < scores.size(); ++i) scores[i] = read_[i] && !other_[i];
    return scores;
  }

 private:
  static size_t Index(TensorId id) { return static_cast<size_t>(id); }

  void Visit(const Node& node) {
    const auto& results = node.outputs();
    const bool scores = std::any_of(results.begin(), results.end(),
                                    [&](TensorId id) { return read_[Index(id)]; }) &&
                        std::none_of(results.begin(), results.end(),
                                     [&](TensorId id) { return other_[Index(id)]; });
    const bool sums = IsSum(node) && FusedActivation(node.op) == Activation::kNone;
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const TensorId id = node.input(i);
      if (id == kNoTensor) continue;
      read_[Index(id)] = true;
      if (!IsSoftmax(node) && !(scores && (sums || Selects(node, i)))) other_[Index(id)] = true;
    }
  }

  std::vector<bool> read_, other_;  // by tensor id: whether it is read, and as something else
};

}  // namespace

bool Selects(const Node& node, size_t i) {
  if (Averages(node)) return false;
  const QuantRule& rule = OpOf(node).quant;
  const OperandRule& operand = rule.Operand(i);
  return (rule.result.kind == OperandRule::kSameAs && rule.result.index == static_cast<int>(i)) ||
         (operand.kind == OperandRule::kSameAs && operand.index == OperandRule::kResult);
}

std::vector<bool> FindScores(const Graph& graph) { return Finder(graph).Scores(); }

}  // namespace qconvert
