// How weights become integers once their scales are chosen: a list of methods. Before it: the
// scales, widened for the bias. After it: pack_weights.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/quantization/channel_weights.h"
#include "lib/quantization/layer_evidence.h"

namespace qconvert {

/// What rounding makes of one node's weights.
struct RoundedWeights {
  std::vector<int8_t> integers;         ///< in the weights' shape, within their limits
  std::vector<float> bias_change = {};  ///< [O], real units, added to the bias; empty: none
};

/// What a user may choose of the methods.
struct RoundingOptions {
  uint64_t seed = 0;    ///< of what is drawn
  double sparsity = 0;  ///< of GPFQ: weights below so many root mean squares of their channel are 0
  int iterations = 1000;  ///< of AdaRound
};

/// The weights of one node, which are to be rounded.
struct LayerToRound {
  const ChannelWeights& weights;
  std::span<const AffineParams> scales;  ///< by channel; fixed, for they are widened for the bias
  const LayerEvidence& evidence;
  const RoundingOptions& options;
  ThreadPool* threads;  ///< share the work; null: the caller does all
};

/// One way to round. To add one, write a file that defines it and add it to the list in
/// rounding_methods.cc.
struct RoundingMethod {
  std::string_view name;  ///< as users give it
  std::string_view help;  ///< half a sentence
  EvidenceNeeds needs;
  RoundedWeights (*round)(const LayerToRound& layer);
  bool draws = false;       ///< RoundingOptions::seed matters
  bool thresholds = false;  ///< RoundingOptions::sparsity matters
  /// Layers begin with `round`; whole blocks follow when the graph is built: tuning/reconstruct.h.
  bool in_blocks = false;
};

/// Returns the methods; the first is the default.
std::span<const RoundingMethod* const> RoundingMethods();

/// Rounds each weight to the nearest integer: what methods do where nothing is known of a layer.
RoundedWeights RoundToNearest(const LayerToRound& layer);

/// Returns the method of that name; null when there is none.
const RoundingMethod* FindRoundingMethod(std::string_view name);

}  // namespace qconvert
