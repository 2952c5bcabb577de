// Noise that makes rounding to the nearest a stochastic quantizer. trainer.h adds it before each
// step where that is asked for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// Returns the parameters with noise e in all weights, uniform in [-1/2, 1/2) steps of their scale,
/// so that the nearest integer is round(w / scale + e): up or down by chance, and w as the mean
/// (the paper's section 2.3, with the noise in steps).
///   parameters  of all segments
///   seed        of this step
std::vector<float> DitheredWeights(const TrainedGraph& graph, std::span<const float> parameters,
                                   uint64_t seed);

}  // namespace qconvert
