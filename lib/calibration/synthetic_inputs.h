// Inputs for a network nobody gave samples of. calibrate.h observes them.
#pragma once

#include <cstddef>

#include "lib/graph/graph.h"
#include "lib/runner/session.h"

namespace qconvert {

/// Fills the inputs of sample i with seeded values of mean 0 and variance 1: pictures for float
/// inputs of rank 4, normal noise for other float inputs, zeros for integers. The pictures have the
/// statistics of photographs: equal energy in every octave of scale, and colours that follow a
/// common grey (Field 1987, Relations between the statistics of natural images and the response
/// properties of cortical cells).
void FeedSynthetic(const Graph& graph, size_t i, Session& session);

}  // namespace qconvert
