// How the scales of a node's weights are chosen: a list of methods. After it: widening for the bias
// and rounding (quantize_weights.h).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/quantization/channel_weights.h"
#include "lib/quantization/layer_evidence.h"

namespace qconvert {

/// One way to choose scales. To add one, write a file that defines it and add it to the list in
/// scale_methods.cc.
struct ScaleMethod {
  std::string_view name;  ///< as users give it
  std::string_view help;  ///< half a sentence
  EvidenceNeeds needs;
  /// Chooses the parameters of every channel.
  ///   threads  share the channels; null: the caller does all
  std::vector<AffineParams> (*choose)(const ChannelWeights& weights, const LayerEvidence& evidence,
                                      ThreadPool* threads);
};

/// Returns the methods; the first is the default.
std::span<const ScaleMethod* const> ScaleMethods();

/// Returns the method of that name; null when there is none.
const ScaleMethod* FindScaleMethod(std::string_view name);

/// Chooses scales from each channel's range alone: max|w| / limit, or (max - min) / steps with a
/// zero point where the scheme is asymmetric (the paper's sections 2.1, 2.2 and 2.6).
std::vector<AffineParams> ScalesOfRanges(const ChannelWeights& weights);

}  // namespace qconvert
