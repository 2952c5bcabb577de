// The weights of a layer between two neighbouring integers each, with a variable that moves them.
// block_training.h moves the variables of all layers of a block.
#pragma once

#include <span>
#include <vector>

#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// How much the penalty of an undecided weight counts beside a loss whose second derivative by h is
/// about 2. With AdaRound's 0.01 weights stay between two integers, where the loss holds them, and
/// lose at the end what they had gained.
inline constexpr float kPenaltyWeight = 1;

/// Relaxed weights w = s (n + h(V)), as quantization/soft_rounding.h has h. n and n + 1 are the
/// integer that a weight has already and its neighbour towards the real weight: AdaRound's pair
/// where the weight was rounded up or down. A weight whose neighbour is beyond the limits stays.
/// All spans have the layer's weights, in their order.
class SoftWeights {
 public:
  /// Begins half way between the rounded weights and the real ones, but less than half a step from
  /// the former, so that these come out where nothing moves.
  ///   rounded  on the layer's grid
  ///   real     the weights of the float network
  SoftWeights(const TrainedLayer& layer, std::span<const float> rounded,
              std::span<const float> real);

  size_t count() const { return below_.size(); }

  /// Writes the variables that the weights begin with.
  void Start(std::span<float> variables) const;

  /// Writes the relaxed weights [first, last).
  void Relax(std::span<const float> variables, size_t first, size_t last,
             std::span<float> weights) const;

  /// Turns the gradients by the relaxed weights [first, last) into those by their variables, with
  /// the penalty's added.
  ///   unit      what gradients by weights are multiplied with
  ///   exponent  of the penalty; 0: there is none
  void PassThrough(std::span<const float> variables, float unit, float exponent, size_t first,
                   size_t last, std::span<float> gradients) const;

  /// Writes the weights on the grid: above where h(V) is at least 1/2.
  void Settle(std::span<const float> variables, std::span<float> weights) const;

 private:
  std::vector<float> below_;     // the lower of the two, in real units
  std::vector<float> step_;      // to the next; 0 where the weight stays
  std::vector<float> fraction_;  // of the step, at the beginning
};

}  // namespace qconvert
