#include "lib/network/block_run.h"

#include <algorithm>

#include "lib/math/quantize.h"
#include "lib/runner/port.h"

namespace qconvert {

RangeRun::RangeRun(const Graph& graph, size_t samples, ThreadPool& threads)
    : graph_(graph),
      values_(samples, threads),
      made_(static_cast<size_t>(graph.tensor_count())),
      last_read_(made_.size()) {
  for (const Node& node : graph.nodes()) {
    for (TensorId id : node.inputs()) {
      if (id != kNoTensor) last_read_[static_cast<size_t>(id)] = nodes_.size();
    }
    for (TensorId id : node.outputs()) {
      made_[static_cast<size_t>(id)] = last_read_[static_cast<size_t>(id)] = nodes_.size();
    }
    nodes_.push_back(&node);
  }
  for (TensorId id : graph.outputs) last_read_[static_cast<size_t>(id)] = nodes_.size();
  held_.insert(graph.inputs.begin(), graph.inputs.end());
}

GraphPiece RangeRun::Piece(NodeRange range) const {
  const auto nodes = std::span(nodes_).subspan(range.first, range.last - range.first);
  std::vector<TensorId> outputs;
  for (const Node* node : nodes) {
    std::ranges::copy_if(node->outputs(), std::back_inserter(outputs), [&](TensorId id) {
      return last_read_[static_cast<size_t>(id)] >= range.last;
    });
  }
  return CutPiece(graph_, nodes, outputs);
}

void RangeRun::Run(NodeRange range) {
  if (range.first == range.last) return;
  GraphPiece piece = Piece(range);
  held_.insert(piece.outputs.begin(), piece.outputs.end());
  values_.Run(std::move(piece));
}

void RangeRun::DropBefore(size_t place) {
  std::erase_if(held_, [&](TensorId id) {
    if (last_read_[static_cast<size_t>(id)] >= place) return false;
    values_.Drop(id);
    return true;
  });
}

size_t RangeRun::BytesDuring(NodeRange range) const {
  size_t bytes = 0;
  for (TensorId id = 0; id < graph_.tensor_count(); ++id) {
    const auto place = static_cast<size_t>(id);
    const bool made = graph_.IsInput(id) || graph_.Producer(id) != nullptr;
    const bool before = graph_.IsInput(id) || made_[place] < range.first;
    const bool held = before ? last_read_[place] >= range.first
                             : made_[place] < range.last && last_read_[place] >= range.last;
    if (made && held) bytes += graph_.tensor(id).bytes();
  }
  return bytes;
}

BlockRun::BlockRun(const Graph& network, const Graph& quantized, const Originals& originals,
                   size_t samples, const SampleReader& read, ThreadPool& threads)
    : originals_(originals),
      float_(network, samples, threads),
      quantized_(quantized, samples, threads) {
  float_.values().SetInputs(network, read);
  quantized_.values().SetInputsAs(network, float_.values(), quantized);
}

size_t BlockRun::BytesPerSample(const Graph& network, const Graph& quantized,
                                std::span<const BlockRange> blocks, ThreadPool& threads) {
  const RangeRun real(network, 0, threads), rounded(quantized, 0, threads);
  size_t most = 1;
  for (const BlockRange& block : blocks) {
    most = std::max(most, real.BytesDuring(block.real) + rounded.BytesDuring(block.quantized));
  }
  return most;
}

void BlockRun::Finish(const BlockRange& block) {
  quantized_.Run(block.quantized);
  float_.DropBefore(block.real.last);
  quantized_.DropBefore(block.quantized.last);
}

bool BlockRun::HoldsFloat(TensorId quantized) const {
  const auto original = originals_.find(quantized);
  return original != originals_.end() && float_.values().Holds(original->second);
}

std::span<const float> BlockRun::FloatValues(TensorId quantized, size_t sample) const {
  const auto bytes = float_.values().Value(originals_.at(quantized), sample);
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

void BlockRun::WriteQuantized(TensorId id, size_t sample, std::span<float> real) const {
  const Tensor& tensor = quantized_.graph().tensor(id);
  const auto bytes = QuantizedBytes(id, sample);
  if (tensor.type == ElementType::kInt8) {  // most are, and this copies nothing
    DequantizeValues<int8_t>({reinterpret_cast<const int8_t*>(bytes.data()), bytes.size()},
                             {tensor.quant->scale(), tensor.quant->zero_point()}, real);
  } else {
    std::ranges::copy(RealValues(tensor, bytes), real.begin());
  }
}

}  // namespace qconvert
