// Finds the rounding of one block's weights, and its biases, so that the block's results come near
// the float network's. Between blocks.h, which cuts the network, and
// reconstruct.h, which puts the result into the quantized graph.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/tuning/lockstep.h"
#include "lib/tuning/simulation_run.h"
#include "lib/tuning/soft_weights.h"
#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// What one sample shows of a block. Any thread may ask.
struct BlockExamples {
  size_t count = 0;
  /// Writes the block's input k as the quantized blocks before it give it: in real units, or
  /// as it is stored where it holds no reals.
  std::function<void(size_t k, size_t sample, std::span<std::byte> input)> quantized;
  /// Returns the block's input k in the float network; empty: it holds no reals, or the float
  /// network has none.
  std::function<std::span<const float>(size_t k, size_t sample)> real;
  /// Returns the block's output k in the float network; empty: it counts for nothing.
  std::function<std::span<const float>(size_t k, size_t sample)> wanted;
};

/// How a block is trained.
struct BlockSettings {
  uint64_t iterations = 1000;  ///< of Adam; no clock decides
  size_t batch = 16;           ///< samples of an iteration
  uint64_t seed = 0;           ///< of the batches and of what is not rounded
};

/// What training made of a block.
struct TrainedBlock {
  std::vector<float> parameters;       ///< of all segments: weights on their grids
  double error_before = 0, error = 0;  ///< mean squares, on samples that were not trained on
};

/// Trains one block by
///   sum (y - t)^2 + sum (1 - |2 h(V) - 1|^b)
/// with y the block's outputs in the simulation and t the float network's, by Adam. Half of all
/// activations, drawn anew for each iteration and sample, are not rounded, and at the block's
/// inputs are the float network's (QDrop, Wei et al. 2022, arXiv:2203.05740). The first part is
/// divided by what rounding all weights to the nearest costs there by itself, for each weight, so
/// that the penalty decides at the end of the search in every block. BRECQ (Li et al. 2021,
/// arXiv:2102.05426) weights outputs with the Fisher information of labels; there are none here.
/// Biases move, too. Scales stay: those of activations, learned as in LSQ, won nothing at 8 bits.
/// The result depends on the examples, the settings and the instruction set, not on the number of
/// threads.
class BlockTraining {
 public:
  /// All that is referred to must outlive it.
  ///   block  the block as a graph of its own, its outputs as losses, with fixed ranges
  BlockTraining(const TrainedGraph& block, const BlockExamples& examples,
                const BlockSettings& settings, ThreadPool& threads);

  /// Returns the better rounding; nothing where the one that the block has is as good.
  ///   Throws Error(kInterrupted) within an iteration.
  std::optional<TrainedBlock> Run();

  /// Returns the loss without the penalty of one batch, and writes its gradients by the variables.
  /// For tests.
  ///   variables  as parameters, but of weights AdaRound's V
  ///   gradients  of their length
  double GradientsAt(std::span<const float> variables, std::span<const size_t> samples,
                     uint64_t iteration, std::vector<float>& gradients);
  /// Returns the variables that the training begins with.
  std::vector<float> Start() const;

 private:
  struct Part {
    size_t layer, first, last;
  };

  void CutParts();
  std::vector<size_t> Samples(bool judging) const;
  double Unit();
  std::vector<float> ValuesAt(std::span<const float> variables);
  double RunSamples(std::span<const size_t> samples, std::span<const float> values,
                    const RoundingDrop& drop, bool back);
  double RunSample(size_t sample, SimulationRun& run) const;
  void Feed(size_t sample, const RoundingDrop& drop, UnroundedMask& mask, SimulationRun& run) const;
  std::vector<float> Settled(std::span<const float> variables) const;
  double ErrorOf(std::span<const float> parameters);
  void Move(uint64_t iteration, std::span<const float> gradients, std::span<float> variables,
            std::span<float> moments) const;

  const TrainedGraph& block_;
  const BlockExamples& examples_;
  const BlockSettings settings_;
  ThreadPool& threads_;
  const SimulationKernels kernels_;
  const std::vector<float> rounded_;  // parameters with the weights that the block has
  std::vector<std::unique_ptr<SimulationRun>> runs_;  // by thread
  std::vector<UnroundedMask> masks_;                  // by thread: of an input
  std::vector<GradientSlice> slices_;
  std::vector<SoftWeights> weights_;  // by layer
  std::vector<float> bias_steps_;     // by layer: the step of its result
  std::vector<Part> parts_;           // of all weights, for the threads
  float unit_ = 1;                    // of the loss
};

}  // namespace qconvert
