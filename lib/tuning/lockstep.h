// The samples of a batch side by side through the simulation: at each batch norm they wait for each
// other, for its statistics are the batch's. trainer.h runs batches so while batch norms are not
// frozen.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/tuning/batch_norm.h"
#include "lib/tuning/simulation_run.h"

namespace qconvert {

/// What one slice of a batch gives.
struct GradientSlice {
  std::vector<float> gradients;  ///< of all segments, summed over its samples
  double loss = 0;
};

/// What is done with sample `i` of the batch; any thread may call it.
struct SampleWork {
  std::function<void(size_t i, SimulationRun& run)> feed;    ///< writes the inputs
  std::function<double(size_t i, SimulationRun& run)> loss;  ///< sets gradients by the outputs
};

/// Returns the samples [first, last) of a slice of a batch.
std::pair<size_t, size_t> SliceOf(size_t slice, size_t slices, size_t batch);

/// One batch. The sums of a slice are made in the order of its samples, and slices are added in
/// their order, so that the bits do not depend on the number of threads.
class Lockstep {
 public:
  /// All must outlive it.
  ///   runs    one for each sample of the batch
  ///   slices  the results; their gradients are of the parameters' length
  Lockstep(const TrainedGraph& graph, std::span<const std::unique_ptr<SimulationRun>> runs,
           std::span<GradientSlice> slices, ThreadPool& threads);

  /// Takes all samples forward and back.
  ///   values  with the running statistics; those of the batch come in
  void Run(const SampleWork& work, StepValues& values);

 private:
  template <typename Body>
  void ForEachSample(const Body& body);
  void Forward(const SampleWork& work, StepValues& values);
  void Backward(const StepValues& values);
  ChannelSums SumsOf(const TrainedNorm& norm);
  StatisticsGradient GradientOf(size_t norm, const StepValues& values);
  void AddSlices(size_t segment, std::span<float> sums) const;

  const TrainedGraph& graph_;
  const std::span<const std::unique_ptr<SimulationRun>> runs_;
  const std::span<GradientSlice> slices_;
  ThreadPool& threads_;
  const std::vector<const TrainedLayer*> normed_;
  std::vector<size_t> parts_;  // of the nodes: where each part begins, and where the last ends
};

}  // namespace qconvert
