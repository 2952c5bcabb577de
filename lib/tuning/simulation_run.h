// One sample through the simulation of a quantized graph and back: what the loss gains by each
// parameter. trainer.h runs many of them beside each other.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "lib/kernels/kernel.h"
#include "lib/tuning/rounding_drop.h"
#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// The kernels that compute the nodes of a trained graph on reals: the runner's, which read weights
/// that change from step to step.
class SimulationKernels {
 public:
  /// Throws Error, with the node's name in front, when a kernel refuses its node.
  explicit SimulationKernels(const TrainedGraph& graph);

  size_t count() const { return steps_.size(); }
  const Node& node(size_t i) const { return *steps_[i].node; }
  const Kernel& kernel(size_t i) const { return *steps_[i].kernel; }
  /// Returns whether a node only serves the statistics of batches.
  bool IsForStatistics(size_t i) const { return steps_[i].for_statistics; }
  size_t scratch_bytes() const { return scratch_bytes_; }

 private:
  struct Step {
    const Node* node;
    std::unique_ptr<Kernel> kernel;
    bool for_statistics;
  };
  std::vector<Step> steps_;  // in the order of the nodes
  size_t scratch_bytes_ = 0;
};

/// Memory for one sample at a time. All activations are kept on the way forward.
class SimulationRun {
 public:
  /// Both must outlive the run.
  SimulationRun(const TrainedGraph& graph, const SimulationKernels& kernels);

  /// Returns the bytes that activations and their gradients take.
  size_t bytes() const { return memory_.size() * sizeof(float) + scratch_.size(); }

  /// Returns where input i of the graph is written to, float32 or the input's own integer type.
  std::span<std::byte> Input(size_t i);

  /// Chooses which elements are not rounded from the next Forward on; none before.
  void Drop(const RoundingDrop& drop) {
    drop_ = drop;
    mask_.clear();
  }

  /// Computes all tensors but those that only serve the statistics of batches.
  ///   file_values  as FileValuesOf returns them; must outlive the way back
  void Forward(std::span<const float> file_values);

  /// The same in parts, for samples that wait for each other: Begin, then Advance over all nodes in
  /// order. Nodes for the statistics of batches are computed, too.
  ///   first, last  places among the nodes, [first, last)
  void Begin(std::span<const float> file_values);
  void Advance(size_t first, size_t last);

  /// Returns a float tensor as the nodes behind it read it, after Forward.
  std::span<const float> Value(TensorId id) const;
  /// Returns the gradient of the loss by a tensor that the loss reads, to be set before Backward.
  /// It is 0 after Forward.
  std::span<float> Gradient(TensorId id);

  /// Adds the gradients of the loss by the file's values of all segments.
  ///   sums  by weights and biases; of activations' scales by their logarithms
  void Backward(std::span<float> sums);
  /// The same over the nodes [first, last), backwards, which must have been computed.
  void Retreat(size_t first, size_t last, std::span<float> sums);

 private:
  struct Buffer {
    float* computed = nullptr;
    float* read = nullptr;  ///< what the nodes behind it read: the same where nothing is rounded
    std::span<float> gradient = {};  ///< empty where it is not wanted
  };
  size_t Place(float* memory);
  std::byte* ReadBytes(TensorId id) const;
  std::byte* ComputedBytes(TensorId id) const;
  void Round(TensorId id);
  void PassThrough(TensorId id, std::span<float> sums);
  void BindSums(std::span<float> sums);
  void RetreatOver(size_t node, std::span<float> sums);
  void RunForward(const Node& node, const Kernel& kernel);
  void RunBackward(const Node& node);

  const TrainedGraph& graph_;
  const SimulationKernels& kernels_;
  std::span<const float> file_values_;
  std::vector<Buffer> buffers_;               // by tensor id
  std::vector<std::span<float>> parameters_;  // by tensor id: where its gradient is added
  std::vector<float> memory_;
  std::vector<std::byte> scratch_;
  RoundingDrop drop_;
  UnroundedMask mask_;  // of one tensor; empty: all elements are rounded
};

}  // namespace qconvert
