// Inputs for a network nobody gave samples of. calibrate.h observes them.
#pragma once

#include <cstddef>

#include "lib/graph/graph.h"
#include "lib/runner/session.h"
#include "lib/samples/preprocessing.h"

namespace qconvert {

/// The usual normalization of photographs, to mean 0 and variance 1.
Preprocessing UsualPreprocessing();

/// Fills the inputs of sample i with seeded values:
///   rank 4        pictures, whose pixels `preprocessing` turns into values; bytes hold the pixels
///   other floats  normal noise of mean 0 and variance 1
///   indices       of a Gather: any place of what it reads
///   masks         what joins the scores of a softmax beside other inputs, other integers, and
///                 conditions: 1 in front and 0 behind, the 0 in less than half of each row and in
///                 every second sample only
/// The pictures have the statistics of photographs: equal energy in every octave of scale, colours
/// that follow a common grey (Field 1987, Relations between the statistics of natural images and
/// the response properties of cortical cells), and pixels that end at black and white.
void FeedSynthetic(const Graph& graph, size_t i, Session& session,
                   const Preprocessing& preprocessing = UsualPreprocessing());

}  // namespace qconvert
