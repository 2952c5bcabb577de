#include "lib/passes/verify.h"

#include <algorithm>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "lib/ops/fold.h"

namespace qconvert {
namespace {

void Require(bool condition, const std::string& defect) {
  if (!condition) Fail(ErrorKind::kUnusable, defect);
}

class Verifier {
 public:
  explicit Verifier(const Graph& graph)
      : graph_(graph), is_known_(static_cast<size_t>(graph.tensor_count())) {}

  void Run() {
    Require(graph_.inputs.size() == graph_.input_names.size(), "input without a name");
    Require(graph_.outputs.size() == graph_.output_names.size(), "output without a name");
    for (TensorId id = 0; id < graph_.tensor_count(); ++id) VerifyTensor(id);
    for (TensorId id : graph_.inputs) Define(id);
    for (const Node& node : graph_.nodes()) {
      try {
        VerifyNode(node);
      } catch (const Error& error) {
        throw error.WithContext(fmt::format("node '{}' ({})", node.name, node.kind()));
      }
    }
    for (TensorId id : graph_.outputs) {
      Require(IsKnown(id), "output '" + graph_.tensor(id).name + "' is never computed");
    }
  }

 private:
  bool IsKnown(TensorId id) const { return is_known_.at(static_cast<size_t>(id)); }

  void Define(TensorId id) {
    Require(!IsKnown(id), "tensor '" + graph_.tensor(id).name + "' is defined twice");
    is_known_[static_cast<size_t>(id)] = true;
  }

  void VerifyTensor(TensorId id) {
    const Tensor& tensor = graph_.tensor(id);
    if (!tensor.is_constant()) return;
    Require(tensor.constant->bytes.size() == tensor.bytes(),
            "constant '" + tensor.name + "' does not have as many bytes as its shape needs");
    Define(id);
  }

  void VerifyNode(const Node& node) {
    Require(graph_.FindNode(node.name) == &node, "does not have a name of its own");
    std::vector<const Tensor*> operands;
    for (TensorId id : node.inputs()) {
      operands.push_back(id == kNoTensor ? nullptr : &graph_.tensor(id));
      if (id == kNoTensor) continue;
      Require(IsKnown(id), "reads '" + graph_.tensor(id).name + "' before it is computed");
      const std::vector<Node*> readers = graph_.Consumers(id);
      Require(std::count(readers.begin(), readers.end(), &node) == 1,
              "is missing among the readers");
    }
    const std::vector<Tensor> inferred = InferOutputs(node, operands);
    for (size_t i = 0; i < inferred.size(); ++i) VerifyOutput(node, i, inferred[i]);
  }

  void VerifyOutput(const Node& node, size_t i, const Tensor& inferred) {
    const TensorId id = node.outputs()[i];
    const Tensor& stored = graph_.tensor(id);
    Define(id);
    Require(graph_.Producer(id) == &node, "is not the producer of its output");
    if (stored.shape != inferred.shape) {
      Fail(ErrorKind::kUnusable, fmt::format("'{}' is {}, inferred {}", stored.name,
                                             ToText(stored.shape), ToText(inferred.shape)));
    }
    // Integers that stand for reals get their type from the quantizer or the file.
    if (!stored.quant && stored.type != inferred.type) {
      Fail(ErrorKind::kUnusable,
           fmt::format("'{}' is {}, inferred {}", stored.name, ElementTypeName(stored.type),
                       ElementTypeName(inferred.type)));
    }
  }

  const Graph& graph_;
  std::vector<bool> is_known_;  // by tensor id
};

}  // namespace

void VerifyGraph(const Graph& graph) { Verifier(graph).Run(); }

}  // namespace qconvert
