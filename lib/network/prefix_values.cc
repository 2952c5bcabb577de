#include "lib/network/prefix_values.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/interrupt.h"

namespace qconvert {
namespace {

/// Some nodes of a graph as a graph of their own.
class Piece {
 public:
  Piece(const Graph& whole, std::span<const Node* const> nodes) : whole_(whole) {
    for (const Node* node : nodes) Append(*node);
    for (const Node* node : nodes) {
      for (TensorId id : node->outputs()) AddOutput(id);
    }
  }

  Graph graph;
  std::vector<TensorId> inputs, outputs;  ///< of the whole graph, by the piece's inputs and outputs

 private:
  void Append(const Node& node) {
    std::vector<TensorId> operands, results;
    for (TensorId id : node.inputs()) operands.push_back(id == kNoTensor ? id : Operand(id));
    for (TensorId id : node.outputs()) {
      results.push_back(own_[id] = graph.AddTensor(whole_.tensor(id)));
    }
    graph.Append(Node(node.name, node.op, std::move(operands), std::move(results)));
  }

  TensorId Operand(TensorId id) {
    const auto found = own_.find(id);
    if (found != own_.end()) return found->second;
    const TensorId added = own_[id] = graph.AddTensor(whole_.tensor(id));
    if (!whole_.tensor(id).is_constant()) {
      inputs.push_back(id);
      graph.inputs.push_back(added);
      graph.input_names.push_back(graph.tensor(added).name);
    }
    return added;
  }

  void AddOutput(TensorId id) {
    outputs.push_back(id);
    graph.outputs.push_back(own_.at(id));
    graph.output_names.push_back(graph.tensor(own_.at(id)).name);
  }

  const Graph& whole_;
  std::map<TensorId, TensorId> own_;  // by the whole graph's id
};

}  // namespace

void PrefixValues::Set(TensorId id, size_t sample, std::vector<std::byte> bytes) {
  BySample& values = values_[id];
  values.resize(samples_);
  values.at(sample) = std::move(bytes);
}

std::span<const std::byte> PrefixValues::Value(TensorId id, size_t sample) const {
  const auto found = values_.find(id);
  Check(found != values_.end(), "a value of the prefix was dropped before it was read");
  return found->second.at(sample);
}

void PrefixValues::Drop(TensorId id) {
  const auto found = values_.find(id);
  if (found == values_.end()) return;
  for (std::vector<std::byte>& bytes : found->second) spare_.push_back(std::move(bytes));
  values_.erase(found);
}

/// Returns memory that was dropped, which its pages make cheaper than new memory: the smallest that
/// has room for so many bytes. Where none has, some is given back for what will be new.
std::vector<std::byte> PrefixValues::TakeSpare(size_t bytes) {
  if (spare_.empty()) return {};
  const auto rank = [&](const std::vector<std::byte>& spare) {
    const bool fits = spare.capacity() >= bytes;
    return std::pair(!fits, fits ? spare.capacity() : bytes - spare.capacity());
  };
  const auto best =
      std::min_element(spare_.begin(), spare_.end(),
                       [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  std::vector<std::byte> taken = std::move(*best);
  spare_.erase(best);
  if (taken.capacity() < bytes) return {};
  return taken;
}

void PrefixValues::Run(const Graph& graph, std::span<const Node* const> nodes) {
  if (nodes.empty()) return;
  Piece piece(graph, nodes);
  std::vector<BySample> results(piece.outputs.size());
  for (size_t k = 0; k < results.size(); ++k) {
    const size_t bytes = graph.tensor(piece.outputs[k]).bytes();
    for (size_t i = 0; i < samples_; ++i) results[k].push_back(TakeSpare(bytes));
  }
  RunAside(std::move(piece.graph), piece.inputs, [&](size_t sample, const Session& session) {
    for (size_t k = 0; k < results.size(); ++k) {
      const auto bytes = session.Output(k);
      results[k][sample].assign(bytes.begin(), bytes.end());
    }
  });
  for (size_t k = 0; k < results.size(); ++k) values_[piece.outputs[k]] = std::move(results[k]);
}

void PrefixValues::RunAside(Graph graph, std::span<const TensorId> inputs,
                            const std::function<void(size_t, const Session&)>& see) const {
  const CompiledGraph compiled(std::move(graph));
  std::vector<std::unique_ptr<Session>> sessions(static_cast<size_t>(threads_.threads()));
  threads_.Run(static_cast<int>(samples_), [&](int index, int worker) {
    ThrowIfInterrupted();
    auto& session = sessions[static_cast<size_t>(worker)];
    if (!session) session = std::make_unique<Session>(compiled);
    const auto sample = static_cast<size_t>(index);
    for (size_t k = 0; k < inputs.size(); ++k) {
      const auto value = Value(inputs[k], sample);
      if (!value.empty()) std::memcpy(session->Input(k).data(), value.data(), value.size());
    }
    session->Run();
    see(sample, *session);
  });
}

}  // namespace qconvert
