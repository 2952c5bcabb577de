// What training does with the batch norms of a network, and what people are told of it. tune.cc
// asks before it makes the trained graph.
#pragma once

#include <string>
#include <vector>

#include "lib/network/float_network.h"
#include "lib/qconvert.h"
#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// Finds the batch norms to train with statistics of batches; none where they are frozen.
///   options  as Validated returns them
///   network  float, all passes done
///   Throws Error as LoadUnfolded does.
FoldedNorms NormsToTrain(const TuneOptions& options, const Graph& network);

/// Returns what is done with batch norms: "corrected, statistics of batches for 17 batch norms".
///   found  as NormsToTrain returns them
std::string BatchNormText(const TuneOptions& options, const FoldedNorms& found,
                          const TrainedGraph& graph);

}  // namespace qconvert
