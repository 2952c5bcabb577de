// What is known of the inputs that the weights of one layer multiply. It comes from the float
// network's calibration, or from a run of the network beside the graph under construction
// (evidence_source.h). Scale methods and rounding methods read it.
#pragma once

#include <cstddef>
#include <vector>

#include "lib/calibration/gram_matrices.h"
#include "lib/math/channel_moments.h"

namespace qconvert {

/// Which evidence a method reads.
struct EvidenceNeeds {
  bool moments = false;
  bool gram = false;
  bool patches = false;

  bool any() const { return moments || gram || patches; }
  friend bool operator==(const EvidenceNeeds&, const EvidenceNeeds&) = default;
};

/// Returns what either of two methods reads.
constexpr EvidenceNeeds operator|(EvidenceNeeds a, EvidenceNeeds b) {
  return {a.moments || b.moments, a.gram || b.gram, a.patches || b.patches};
}

/// A bounded number N of patches, as they are.
struct InputPatches {
  size_t patch = 0;                      ///< P values, in the order of ChannelWeights::Output
  std::vector<std::vector<float>> own;   ///< by group: [N, P], what the layer will read
  std::vector<std::vector<float>> real;  ///< by group: [N, P], the float network's; may be empty
};

/// The evidence of one layer. A null member was not asked for, or is not known; a method then
/// does without. What the members point to lasts until the next layer is asked for.
struct LayerEvidence {
  const ChannelMoments* moments = nullptr;  ///< of the input's channels
  const GramMatrices* gram = nullptr;
  const InputPatches* patches = nullptr;
};

/// What the steps that quantize a layer's weights read.
struct WeightEvidence {
  LayerEvidence scales;    ///< for the scale method
  LayerEvidence rounding;  ///< for the rounding method
};

}  // namespace qconvert
