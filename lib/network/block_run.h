// The float network and the quantized graph that was built from it, run side by side on the same
// samples, block by block. It shows what a block reads in both, and what it computes in the float
// network. tuning/reconstruct.h trains a block between two steps of it.
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "lib/network/prefix_values.h"

namespace qconvert {

/// Nodes that lie one behind the other in a graph: places [first, last) among its nodes.
struct NodeRange {
  size_t first = 0, last = 0;
};

/// The same part of a network in both graphs.
struct BlockRange {
  NodeRange real, quantized;
};

/// Which tensor of the float network a tensor of the quantized graph stands for.
using Originals = std::map<TensorId, TensorId>;

/// A graph that is executed range by range on every sample. Holds what later ranges read and the
/// graph's outputs, in the types that the graph gives them.
class RangeRun {
 public:
  /// The graph must outlive it. Its constants may change until their nodes run.
  RangeRun(const Graph& graph, size_t samples, ThreadPool& threads);

  const Graph& graph() const { return graph_; }
  PrefixValues& values() { return values_; }
  const PrefixValues& values() const { return values_; }

  /// Returns nodes as a graph of their own, with what others read of them as outputs.
  GraphPiece Piece(NodeRange range) const;
  void Run(NodeRange range);
  /// Drops what only nodes before a place read.
  void DropBefore(size_t place);
  /// Returns the bytes of a sample that are held while a range runs.
  size_t BytesDuring(NodeRange range) const;

 private:
  const Graph& graph_;
  PrefixValues values_;
  std::vector<const Node*> nodes_;
  std::vector<size_t> made_, last_read_;  // by tensor id: places of nodes
  std::set<TensorId> held_;
};

/// Advances both graphs over one block after the other.
class BlockRun {
 public:
  /// Reads the inputs of `samples` samples. All that is referred to must outlive the run.
  BlockRun(const Graph& network, const Graph& quantized, const Originals& originals, size_t samples,
           const SampleReader& read, ThreadPool& threads);

  /// Returns the most bytes that a run holds at once of each sample.
  static size_t BytesPerSample(const Graph& network, const Graph& quantized,
                               std::span<const BlockRange> blocks, ThreadPool& threads);

  /// Returns a block of the quantized graph as a graph of its own.
  GraphPiece QuantizedPiece(const BlockRange& block) const {
    return quantized_.Piece(block.quantized);
  }
  /// Executes a block of the float network. What it reads is held until Finish.
  void RunFloat(const BlockRange& block) { float_.Run(block.real); }
  /// Executes the block of the quantized graph as it is by now, and drops in both what no node
  /// behind the block reads.
  void Finish(const BlockRange& block);

  size_t samples() const { return float_.values().samples(); }
  /// Returns whether the float network's form of a tensor of the quantized graph is held.
  bool HoldsFloat(TensorId quantized) const;
  /// Returns what the float network has in place of a tensor of the quantized graph that holds
  /// reals, until that is dropped.
  std::span<const float> FloatValues(TensorId quantized, size_t sample) const;
  /// Writes a tensor of the quantized graph in real units.
  void WriteQuantized(TensorId id, size_t sample, std::span<float> real) const;
  /// Returns it as the graph stores it.
  std::span<const std::byte> QuantizedBytes(TensorId id, size_t sample) const {
    return quantized_.values().Value(id, sample);
  }

 private:
  const Originals& originals_;
  RangeRun float_, quantized_;
};

}  // namespace qconvert
