#include "lib/network/prefix_run.h"

#include "lib/runner/port.h"

namespace qconvert {
namespace {

/// Writes the samples into the inputs of a graph, in its own layout and types.
void SetInputs(const Graph& graph, const SampleReader& read, PrefixValues& values) {
  const std::vector<Port> ports = InputPorts(graph);
  for (size_t sample = 0; sample < values.samples(); ++sample) {
    const auto inputs = read(sample);
    for (size_t k = 0; k < ports.size(); ++k) {
      std::vector<std::byte> bytes(graph.tensor(ports[k].id).bytes());
      WriteInput(graph, ports[k], inputs.at(k), bytes);
      values.Set(ports[k].id, sample, std::move(bytes));
    }
  }
}

}  // namespace

PrefixRun::PrefixRun(const Graph& network, size_t samples, const SampleReader& read,
                     ThreadPool& threads)
    : network_(network), float_(samples, threads), quantized_(samples, threads) {
  for (const Node& node : network.nodes()) {
    for (TensorId id : node.inputs()) ++reads_left_[id];
  }
  for (TensorId id : network.outputs) ++reads_left_[id];  // conversions of outputs come last
  SetInputs(network, read, float_);
}

void PrefixRun::Start(const Graph& quantized, const SampleReader& read) {
  SetInputs(quantized, read, quantized_);
  for (size_t k = 0; k < quantized.inputs.size(); ++k) {
    quantized_forms_[network_.inputs.at(k)].push_back(quantized.inputs[k]);
  }
}

void PrefixRun::RunQuantized(const Graph& quantized, std::span<const Node* const> made,
                             std::span<const Likeness> likenesses) {
  quantized_.Run(quantized, made);
  for (const Likeness& likeness : likenesses) {
    quantized_forms_[likeness.original].push_back(likeness.quantized);
  }
}

void PrefixRun::RunFloat(const Node& node) {
  const Node* const nodes[] = {&node};
  float_.Run(network_, nodes);
  for (TensorId id : node.inputs()) {
    if (--reads_left_[id] == 0) Drop(id);
  }
  for (TensorId id : node.outputs()) {
    if (reads_left_[id] == 0) Drop(id);
  }
}

void PrefixRun::Drop(TensorId original) {
  float_.Drop(original);
  for (TensorId id : quantized_forms_[original]) quantized_.Drop(id);
  quantized_forms_.erase(original);
}

std::vector<float> PrefixRun::FloatValues(TensorId id, size_t sample) const {
  return RealValues(network_.tensor(id), float_.Value(id, sample));
}

std::vector<float> PrefixRun::QuantizedValues(const Graph& quantized, TensorId id,
                                              size_t sample) const {
  return RealValues(quantized.tensor(id), quantized_.Value(id, sample));
}

}  // namespace qconvert
