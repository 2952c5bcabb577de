// The weights of a layer between two neighbouring integers each, with a variable that moves them.
// block_training.h moves the variables of all layers of a block.
#pragma once

#include <span>
#include <vector>

#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// Relaxed weights w = s (floor(w_real / s) + h(V)), as quantization/soft_rounding.h has h. A
/// weight that is clipped on both sides stays. All spans have the layer's weights, in their order.
class SoftWeights {
 public:
  /// Begins where the relaxed weights are the real ones.
  ///   real  the weights of the float network
  SoftWeights(const TrainedLayer& layer, std::span<const float> real);

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
  std::vector<float> below_;     // the real number on the grid below each weight
  std::vector<float> step_;      // to the next; 0 where both are clipped to one
  std::vector<float> fraction_;  // of the step, at the beginning
};

}  // namespace qconvert
