#include "lib/network/prefix_run.h"

#include <algorithm>

#include "lib/runner/port.h"

namespace qconvert {
namespace {

/// Returns how often each tensor is read, by a node or as an output.
std::map<TensorId, size_t> ReadsOf(const Graph& network) {
  std::map<TensorId, size_t> reads;
  for (const Node& node : network.nodes()) {
    for (TensorId id : node.inputs()) ++reads[id];
  }
  for (TensorId id : network.outputs) ++reads[id];  // conversions of outputs come last
  return reads;
}

}  // namespace

size_t PrefixRun::BytesPerSample(const Graph& network) {
  std::map<TensorId, size_t> reads_left = ReadsOf(network);
  size_t held = 0, most = 0;
  const auto bytes = [&](TensorId id) {  // of its float form and its int8 form
    const Tensor& tensor = network.tensor(id);
    return tensor.is_constant() ? 0 : tensor.bytes() + static_cast<size_t>(tensor.elements());
  };
  for (TensorId id : network.inputs) held += bytes(id);
  for (const Node& node : network.nodes()) {
    for (TensorId id : node.outputs()) held += bytes(id);
    most = std::max(most, held);
    for (TensorId id : node.inputs()) {
      if (id != kNoTensor && --reads_left[id] == 0) held -= bytes(id);
    }
    for (TensorId id : node.outputs()) {
      if (reads_left[id] == 0) held -= bytes(id);
    }
  }
  return most;
}

PrefixRun::PrefixRun(const Graph& network, size_t samples, const SampleReader& read,
                     ThreadPool& threads)
    : network_(network),
      float_(samples, threads),
      quantized_(samples, threads),
      reads_left_(ReadsOf(network)) {
  float_.SetInputs(network, read);
}

void PrefixRun::Start(const Graph& quantized) {
  quantized_.SetInputsAs(network_, float_, quantized);
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

void PrefixRun::ComputeFloat(const Node& node) {
  const Node* const nodes[] = {&node};
  if (node.outputs().empty() || !float_.Holds(node.output())) float_.Run(network_, nodes);
}

void PrefixRun::Try(const Node& node, const Graph& candidate, TensorId input,
                    const ResultObserver& observe) {
  ComputeFloat(node);
  const TensorId inputs[] = {input};
  quantized_.RunAside(candidate, inputs, [&](size_t sample, const Session& session) {
    observe(sample, float_.Value(node.output(), sample), session.Output(0));
  });
}

void PrefixRun::RunFloat(const Node& node) {
  ComputeFloat(node);
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
