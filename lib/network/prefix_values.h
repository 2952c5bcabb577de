// The values of a graph's tensors on a few samples, computed piece by piece. prefix_run.h and
// block_run.h hold one for the float network and one for the quantized graph beside it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/graph/graph.h"
#include "lib/network/graph_piece.h"
#include "lib/runner/session.h"
#include "lib/samples/sample_reader.h"

namespace qconvert {

/// Executes nodes of a graph on every sample and keeps what they compute until it is dropped.
class PrefixValues {
 public:
  PrefixValues(size_t samples, ThreadPool& threads) : samples_(samples), threads_(threads) {}

  size_t samples() const { return samples_; }

  /// Sets what the inputs of the float network hold on each sample.
  void SetInputs(const Graph& network, const SampleReader& read);

  /// Sets the inputs of the graph that is quantized of it to the same, in its own types; their
  /// layouts are alike.
  ///   given  holds the network's inputs
  void SetInputsAs(const Graph& network, const PrefixValues& given, const Graph& quantized);

  /// Sets what a graph input holds on a sample, as the graph's tensor stores it.
  void Set(TensorId id, size_t sample, std::vector<std::byte> bytes);

  /// Executes `nodes` of `graph`, which may read what is held, constants, and each other's results.
  ///   Throws Error, with the node's name in front, when a kernel refuses its node.
  void Run(const Graph& graph, std::span<const Node* const> nodes);

  /// Executes a piece of a graph on every sample, and keeps its outputs alone.
  ///   Throws as above.
  void Run(GraphPiece piece);

  /// Executes another graph on every sample; keeps nothing.
  ///   inputs  the tensors held here that it is given, by its inputs
  ///   see     is shown each run; called from several threads at once
  ///   Throws as Run.
  void RunAside(Graph graph, std::span<const TensorId> inputs,
                const std::function<void(size_t sample, const Session& session)>& see) const;

  /// Returns whether a tensor's values are held.
  bool Holds(TensorId id) const { return values_.count(id) != 0; }
  /// Returns the bytes of a tensor that is held, as the graph's tensor stores them.
  std::span<const std::byte> Value(TensorId id, size_t sample) const;

  void Drop(TensorId id);

  /// Returns how many tensors are held.
  size_t held() const { return values_.size(); }

 private:
  using BySample = std::vector<std::vector<std::byte>>;

  std::vector<std::byte> TakeSpare(size_t bytes);

  size_t samples_;
  ThreadPool& threads_;
  std::map<TensorId, BySample> values_;
  std::vector<std::vector<std::byte>> spare_;  // memory of what was dropped, for what comes next
};

}  // namespace qconvert
