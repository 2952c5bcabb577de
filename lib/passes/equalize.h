// Cross-layer equalization: scales move between linear operators, so that one scale of integers
// fits all channels of a weight tensor. convert/ decides where, and binds what samples showed.
//
//     x -> conv {W1, b1} -> Relu -> conv {W2, b2}
//       => x -> conv {S W1, S b1} -> Relu -> conv {W2 S^-1, b2}       S = diag(s), s > 0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/math/affine.h"

namespace qconvert {

/// What samples showed of the channels of results of weights, by the tensor's name.
using ChannelRanges = std::map<std::string, std::vector<Range>>;

/// A channel counts as cut by a cap of 6, or as 0 somewhere, unless samples stay so far away from
/// it: a quarter of what they showed.
inline constexpr float kEqualizationMargin = 0.25F;

/// What an equalization did.
struct Equalized {
  size_t pairs = 0;
  size_t dropped_caps = 0;   ///< pairs whose ReLU6 became ReLU, for no channel comes near 6
  size_t kept_channels = 0;  ///< that reach a cap of 6 and keep their scale
  size_t absorbed = 0;       ///< channels whose bias moved to the next operator
};

/// Returns the chains of pairs of a graph: sets of first operators, by name, of which each is the
/// second of another. Scales of different chains have nothing to do with each other.
std::vector<std::set<std::string>> EqualizableChains(Graph& graph);

/// Equalizes pairs until the largest weights of both sides of each channel are alike. Channels that
/// a ReLU6 cuts keep their scale, channels below it grow to it at most; a ReLU6 that cuts none
/// becomes a ReLU. Then what a channel exceeds 0 by moves through its ReLU into the bias of the
/// next operator, where that is exact: no padding. On inputs like the samples the network
/// computes what it computed, but for rounding.
///   firsts  names of the first operators of the pairs to equalize
///   Nagel et al. 2019 (arXiv:1906.04721), sections 4.1.1, 4.1.2 and 4.1.3 (absorption, with the
///   least value that samples showed for beta - 3 gamma)
Equalized Equalize(Graph& graph, const ChannelRanges& ranges, const std::set<std::string>& firsts);

}  // namespace qconvert
