// Why two networks may not belong together. Evaluate asks, and the reports say it before any
// figure.
#pragma once

#include <string>
#include <vector>

#include "lib/evaluation/comparison.h"
#include "lib/graph/graph.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Returns a sentence when the samples are fed otherwise than the candidate remembers.
std::vector<std::string> DoubtsAboutPreprocessing(const DataOptions& data, const Graph& candidate);

/// Returns a sentence for each output whose correlation with the reference's is below 0.5: noise of
/// quantization seldom goes so far.
std::vector<std::string> DoubtsAboutWeights(const Comparison& comparison);

/// Returns a sentence when the reference is quantized and the candidate is not: they may have been
/// swapped.
std::vector<std::string> DoubtsAboutOrder(const Graph& reference, const Graph& candidate);

/// Returns a sentence when the samples are too alike to say anything: there is one, the reference
/// answers all of them alike, or classifies at least ten as one class.
std::vector<std::string> DoubtsAboutSamples(const Comparison& comparison);

}  // namespace qconvert
