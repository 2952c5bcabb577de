#include "lib/tuning/reconstruct.h"

#include <algorithm>

#include "lib/math/drawn_number.h"
#include "lib/tuning/blocks.h"
#include "lib/tuning/tuned_graph.h"

namespace qconvert {
namespace {

class Reconstruction {
 public:
  Reconstruction(const BlockedNetwork& network, size_t samples, const SampleReader& read,
                 const BlockSettings& settings, ThreadPool& threads)
      : network_(network),
        run_(network.network(), network.quantized(), network.originals(), samples, read, threads),
        settings_(settings),
        threads_(threads) {}

  void Advance(const BlockRange& block) {
    if (!HidesLayers(block)) {
      AdvanceAsOne(block);
    } else {
      for (const BlockRange& layer : LayersOf(block)) AdvanceAsOne(layer);
    }
  }

  ReconstructionReport Report() && { return std::move(report_); }

 private:
  void AdvanceAsOne(const BlockRange& block) {
    run_.RunFloat(block);
    Train(block);
    run_.Finish(block);
  }

  bool HidesLayers(const BlockRange& block) const {
    return !TrainedOf(run_.QuantizedPiece(block)).frozen().empty();
  }

  TrainedGraph TrainedOf(const GraphPiece& piece) const {
    return {network_.network(), piece.graph, piece.graph.outputs, RangeTraining::kFixed};
  }

  void Train(const BlockRange& block) {
    const GraphPiece piece = run_.QuantizedPiece(block);
    const TrainedGraph trained = TrainedOf(piece);
    if (trained.layers().empty()) return;
    ++report_.blocks;
    for (const std::string& layer : trained.frozen()) report_.left_out.push_back(layer);
    const BlockExamples examples = ExamplesOf(piece);
    BlockSettings settings = settings_;
    settings.seed = SeedOf(settings.seed, trained.layers().front().node);
    BlockTraining training(trained, examples, settings, threads_);
    const std::optional<TrainedBlock> found = training.Run();
    if (!found) return;
    ++report_.improved;
    Put(TunedGraphOf(trained, found->parameters));
  }

  BlockExamples ExamplesOf(const GraphPiece& piece) const {
    const auto holds_reals = [&graph = piece.graph](TensorId id) {
      return graph.tensor(id).is_float() || graph.tensor(id).quant.has_value();
    };
    const auto real = [this, holds_reals](TensorId own, TensorId whole, size_t sample) {
      const bool known = holds_reals(own) && run_.HoldsFloat(whole);
      return known ? run_.FloatValues(whole, sample) : std::span<const float>();
    };
    BlockExamples examples;
    examples.count = run_.samples();
    examples.quantized = [&, holds_reals](size_t k, size_t sample, std::span<std::byte> input) {
      const TensorId whole = piece.inputs[k];
      if (holds_reals(piece.graph.inputs[k])) {
        run_.WriteQuantized(whole, sample,
                            {reinterpret_cast<float*>(input.data()), input.size() / sizeof(float)});
      } else {
        std::ranges::copy(run_.QuantizedBytes(whole, sample), input.begin());
      }
    };
    examples.real = [&, real](size_t k, size_t sample) {
      return real(piece.graph.inputs[k], piece.inputs[k], sample);
    };
    examples.wanted = [&, real](size_t k, size_t sample) {
      return real(piece.graph.outputs[k], piece.outputs[k], sample);
    };
    return examples;
  }

  /// Puts the constants of a block into the whole graph.
  void Put(const Graph& block) const {
    Graph& graph = network_.quantized();
    for (TensorId id = 0; id < block.tensor_count(); ++id) {
      const Tensor& tensor = block.tensor(id);
      if (tensor.is_constant()) graph.tensor(graph.FindTensor(tensor.name)) = tensor;
    }
  }

  /// Returns the layers of a block, and what is behind the last of them.
  std::vector<BlockRange> LayersOf(const BlockRange& block) const {
    std::vector<NodeRange> parts = CutIntoLayers(network_.network(), block.real);
    if (parts.back().last < block.real.last) {
      parts.push_back({parts.back().last, block.real.last});
    }
    std::vector<BlockRange> placed = PlaceBlocks(network_.network(), network_.quantized(), parts);
    placed.front().quantized.first = block.quantized.first;
    return placed;
  }

  const BlockedNetwork& network_;
  BlockRun run_;
  const BlockSettings settings_;
  ThreadPool& threads_;
  ReconstructionReport report_;
};

}  // namespace

BlockedNetwork::BlockedNetwork(const Graph& network, Graph& quantized, const Originals& originals)
    : network_(network),
      quantized_(quantized),
      originals_(originals),
      blocks_(PlaceBlocks(network, quantized, FindBlocks(network))) {}

size_t BlockedNetwork::BytesPerSample(ThreadPool& threads) const {
  return BlockRun::BytesPerSample(network_, quantized_, blocks_, threads);
}

ReconstructionReport Reconstruct(const BlockedNetwork& network, size_t samples,
                                 const SampleReader& read, const BlockSettings& settings,
                                 ThreadPool& threads, Progress& progress) {
  Reconstruction reconstruction(network, samples, read, settings, threads);
  for (const BlockRange& block : network.blocks()) {
    reconstruction.Advance(block);
    progress.Advance();
  }
  return std::move(reconstruction).Report();
}

}  // namespace qconvert
