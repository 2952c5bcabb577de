// Trained parameters -> the quantized graph that is validated and written. The last step of
// training; tflite/encode_file.h follows.
#pragma once

#include <span>

#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// Returns the quantized graph with the weights, biases and scales of the parameters: weights are
/// rounded to the nearest, as in the simulation.
/// Activations of fewer than 8 bits are clamped to their limits behind the node that makes them.
///   parameters  of all segments, finite
Graph TunedGraphOf(const TrainedGraph& graph, std::span<const float> parameters);

}  // namespace qconvert
