// A quantized graph, block by block nearer to the float network: --rounding blocks. Comes after
// quantization/build.h; blocks.h cuts the network, block_training.h finds what a block becomes.
#pragma once

#include <string>
#include <vector>

#include "lib/base/progress.h"
#include "lib/network/block_run.h"
#include "lib/tuning/block_training.h"

namespace qconvert {

/// A network in both forms, and its blocks.
class BlockedNetwork {
 public:
  /// All must outlive it.
  ///   quantized  built of `network`, node by node
  ///   originals  which tensors of the network those of `quantized` stand for
  BlockedNetwork(const Graph& network, Graph& quantized, const Originals& originals);

  /// Returns the bytes of activations that are held of each sample.
  size_t BytesPerSample(ThreadPool& threads) const;

  const Graph& network() const { return network_; }
  Graph& quantized() const { return quantized_; }
  const Originals& originals() const { return originals_; }
  const std::vector<BlockRange>& blocks() const { return blocks_; }

 private:
  const Graph& network_;
  Graph& quantized_;
  const Originals& originals_;
  std::vector<BlockRange> blocks_;
};

/// What reconstruction did.
struct ReconstructionReport {
  size_t blocks = 0;                  ///< with layers that compute with integers
  size_t improved = 0;                ///< blocks that were nearer afterwards on samples held out
  std::vector<std::string> left_out;  ///< layers that no gradient reaches
};

/// Reconstructs the blocks of a network in order, in its quantized graph (BRECQ, Li et al. 2021,
/// arXiv:2102.05426). A block reads what the reconstructed blocks before it compute, and is kept
/// where it is nearer to the float network on samples that it was not trained on. Where an operator
/// without a gradient hides a layer from the block's result, each layer is a block.
/// The activations between two blocks are in memory for all samples.
///   read  returns one of `samples` samples
///   Throws Error(kInterrupted).
ReconstructionReport Reconstruct(const BlockedNetwork& network, size_t samples,
                                 const SampleReader& read, const BlockSettings& settings,
                                 ThreadPool& threads, Progress& progress);

}  // namespace qconvert
