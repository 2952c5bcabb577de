#include "lib/passes/verify.h"

#include <vector>

#include <spdlog/fmt/fmt.h>

#include "lib/base/interrupt.h"
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
      ThrowIfInterrupted();
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
    for (TensorId id : node.inputs()) {
      if (id == kNoTensor) continue;
      Require(IsKnown(id), "reads '" + graph_.tensor(id).name + "' before it is computed");
      Require(graph_.Reads(node, id), "is missing among the readers");
    }
    VerifyResults(graph_, node);
    for (TensorId id : node.outputs()) {
      Define(id);
      Require(graph_.Producer(id) == &node, "is not the producer of its output");
    }
  }

  const Graph& graph_;
  std::vector<bool> is_known_;  // by tensor id
};

}  // namespace

void VerifyGraph(const Graph& graph) { Verifier(graph).Run(); }

}  // namespace qconvert
