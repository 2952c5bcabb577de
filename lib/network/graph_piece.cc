#include "lib/network/graph_piece.h"

#include <map>
#include <utility>

namespace qconvert {
namespace {

class Cutter {
 public:
  explicit Cutter(const Graph& whole) : whole_(whole) {}

  GraphPiece Cut(std::span<const Node* const> nodes, std::span<const TensorId> outputs) {
    for (const Node* node : nodes) Append(*node);
    for (TensorId id : outputs) AddOutput(id);
    return std::move(piece_);
  }

 private:
  void Append(const Node& node) {
    std::vector<TensorId> operands, results;
    for (TensorId id : node.inputs()) operands.push_back(id == kNoTensor ? id : Operand(id));
    for (TensorId id : node.outputs()) {
      results.push_back(own_[id] = piece_.graph.AddTensor(whole_.tensor(id)));
    }
    piece_.graph.Append(Node(node.name, node.op, std::move(operands), std::move(results)));
  }

  TensorId Operand(TensorId id) {
    const auto found = own_.find(id);
    if (found != own_.end()) return found->second;
    Graph& graph = piece_.graph;
    const TensorId added = own_[id] = graph.AddTensor(whole_.tensor(id));
    if (!whole_.tensor(id).is_constant()) {
      piece_.inputs.push_back(id);
      graph.inputs.push_back(added);
      graph.input_names.push_back(graph.tensor(added).name);
    }
    return added;
  }

  void AddOutput(TensorId id) {
    Graph& graph = piece_.graph;
    piece_.outputs.push_back(id);
    graph.outputs.push_back(own_.at(id));
    graph.output_names.push_back(graph.tensor(own_.at(id)).name);
  }

  const Graph& whole_;
  GraphPiece piece_;
  std::map<TensorId, TensorId> own_;  // by the whole graph's id
};

}  // namespace

GraphPiece CutPiece(const Graph& whole, std::span<const Node* const> nodes,
                    std::span<const TensorId> outputs) {
  return Cutter(whole).Cut(nodes, outputs);
}

}  // namespace qconvert
