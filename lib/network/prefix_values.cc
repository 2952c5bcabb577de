#include "lib/network/prefix_values.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/interrupt.h"
#include "lib/runner/port.h"

namespace qconvert {
namespace {

/// Returns the inputs of a graph on one sample, in its own layout and types.
std::vector<std::vector<std::byte>> InputsOf(const Graph& graph, std::span<const Port> ports,
                                             std::span<const std::vector<std::byte>> sample) {
  std::vector<std::vector<std::byte>> inputs;
  for (size_t k = 0; k < ports.size(); ++k) {
    inputs.emplace_back(graph.tensor(ports[k].id).bytes());
    WriteInput(graph, ports[k], sample[k], inputs.back());
  }
  return inputs;
}

}  // namespace
void PrefixValues::SetInputs(const Graph& network, const SampleReader& read) {
  const std::vector<Port> ports = InputPorts(network);
  std::vector<std::vector<std::vector<std::byte>>> inputs(samples_);
  threads_.Run(static_cast<int>(samples_), [&](int index, int) {
    ThrowIfInterrupted();
    const auto sample = static_cast<size_t>(index);
    inputs[sample] = InputsOf(network, ports, read(sample));
  });
  for (size_t sample = 0; sample < samples_; ++sample) {
    for (size_t k = 0; k < ports.size(); ++k) {
      Set(ports[k].id, sample, std::move(inputs[sample][k]));
    }
  }
}

void PrefixValues::SetInputsAs(const Graph& network, const PrefixValues& given,
                               const Graph& quantized) {
  for (size_t k = 0; k < quantized.inputs.size(); ++k) {
    const TensorId original = network.inputs.at(k), id = quantized.inputs[k];
    const Tensor& input = quantized.tensor(id);
    for (size_t sample = 0; sample < samples_; ++sample) {
      std::vector<std::byte> bytes(input.bytes());
      WriteInput(quantized, {input.name, id, input.shape}, given.Value(original, sample), bytes);
      Set(id, sample, std::move(bytes));
    }
  }
}

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
  std::vector<TensorId> outputs;
  for (const Node* node : nodes) {
    outputs.insert(outputs.end(), node->outputs().begin(), node->outputs().end());
  }
  Run(CutPiece(graph, nodes, outputs));
}

void PrefixValues::Run(GraphPiece piece) {
  std::vector<BySample> results(piece.outputs.size());
  for (size_t k = 0; k < results.size(); ++k) {
    const size_t bytes = piece.graph.tensor(piece.graph.outputs[k]).bytes();
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
