// The steps of a training: batches of samples through the simulation and back, and parameters that
// move. Between trained_graph.h and the pipeline, which validates, saves and ends it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/runner/port.h"
#include "lib/samples/sample_reader.h"
#include "lib/tuning/batch_norm.h"
#include "lib/tuning/lockstep.h"
#include "lib/tuning/loss.h"
#include "lib/tuning/optimizer.h"
#include "lib/tuning/schedule.h"
#include "lib/tuning/simulation_run.h"
#include "lib/tuning/training_state.h"

namespace qconvert {

/// What a network learns from.
struct TrainingSet {
  size_t count = 0;
  SampleReader read;
  std::vector<LossTensor> losses;
  std::vector<std::vector<std::vector<float>>>
      teacher;              ///< by sample and loss: the float network's
  std::vector<int> labels;  ///< by sample; empty: none
};

/// How it learns.
struct TrainingSettings {
  size_t batch = 32;
  size_t micro_batch = 0;  ///< samples of a batch that run beside each other; 0: all
  Schedule schedule;
  const OptimizerMethod* optimizer = OptimizerMethods().front();
  OptimizerSettings optimizer_settings;
  LossSettings loss;
  double ema = 0;  ///< decay of the average of the parameters; 0: none is kept
  uint64_t seed = 0;
  bool stochastic = false;  ///< weights are rounded up or down by chance, anew in each step
  /// Of norms that the trained graph has; kFrozen where it has none.
  BatchNormTraining batch_norm = BatchNormTraining::kFrozen;
  uint64_t freeze_after = UINT64_MAX;  ///< steps; from then on norms are frozen
};

/// Trains. The result depends on the samples, the settings and the instruction set, not on the
/// number of threads: a micro-batch is cut into a fixed number of slices, one thread computes a
/// slice, and the slices' gradients are added in their order; so are the statistics of batch norms,
/// which are the micro-batch's. No more than a micro-batch's samples hold activations at once, and
/// no more than its slices gradients.
class Trainer {
 public:
  /// All that is referred to must outlive the trainer.
  ///   Throws Error(kUnsupported) when nothing can be trained, naming why.
  Trainer(const TrainedGraph& graph, const TrainingSet& samples, const TrainingSettings& settings,
          ThreadPool& threads);

  /// Returns the state in which a training begins.
  TrainingState Start() const;

  /// Advances a state by one batch and returns the mean loss of its samples.
  ///   Throws Error(kUnusable) when the loss or a gradient is NaN or infinite, naming step, sample
  ///   and tensor; the state is then what it was.
  double Step(TrainingState& state);

  /// Returns the epoch of a step, from 0.
  uint64_t EpochOf(uint64_t step) const;

  /// Returns the bytes that a state takes, with the best parameters so far.
  size_t state_bytes() const;
  /// Returns the bytes that a step takes beside the state and what the trainer holds.
  size_t step_bytes() const;
  /// Returns the bytes of all parameters.
  size_t parameter_bytes() const { return graph_.initial().size() * sizeof(float); }

 private:
  std::vector<float> ParametersToRound(const TrainingState& state) const;
  bool UsesStatistics(uint64_t step) const;
  size_t RunsFor(size_t threads) const;
  void RunMicroBatch(std::span<const size_t> samples, StepValues& values, uint64_t step);
  void RunTogether(std::span<const size_t> samples, StepValues& values, uint64_t step);
  void RunApart(std::span<const size_t> samples, const StepValues& values, uint64_t step);
  SimulationRun& RunFor(size_t slice, int worker);
  void RunSlice(GradientSlice& slice, std::span<const size_t> samples, SimulationRun& run,
                std::span<const float> file_values, uint64_t step);
  void Feed(size_t sample, SimulationRun& run) const;
  double RunSample(size_t sample, SimulationRun& run, uint64_t step) const;
  double AddLosses(size_t sample, SimulationRun& run) const;
  std::vector<float> PassedGradients(const StepValues& values) const;
  void Move(std::span<const float> gradients, TrainingState& state) const;

  const TrainedGraph& graph_;
  const TrainingSet& samples_;
  const TrainingSettings settings_;
  const size_t micro_batch_;
  ThreadPool& threads_;
  const SimulationKernels kernels_;
  const bool has_norms_;
  const std::vector<Port> inputs_;
  std::vector<double> powers_;  // by loss: the mean square of the teacher's values
  /// By thread, or by slice if those are fewer; by sample for statistics of batches.
  std::vector<std::unique_ptr<SimulationRun>> runs_;
  std::vector<GradientSlice> slices_;
};

/// Returns the samples of one batch: each epoch shuffles them anew, and leaves out those that do
/// not fill its last batch.
///   step  from 0, of the whole training
std::vector<size_t> BatchOf(size_t samples, size_t batch, uint64_t seed, uint64_t step);

}  // namespace qconvert
