// A small network as training sees it: float, quantized, with samples.
#pragma once

#include <map>
#include <string>

#include "lib/quantization/precision_plan.h"
#include "lib/tuning/trained_graph.h"
#include "lib/tuning/trainer.h"
#include "test/quantization/quantized.h"

namespace qconvert {

/// A float graph and what is trained of it.
struct TrainedNetwork {
  Graph real;
  std::vector<LossTensor> losses;
  TrainedGraph graph;
};

/// Quantizes a graph per layer with `bits` for the weights, and makes it ready for training.
TrainedNetwork MakeTrained(const Graph& real, RangeTraining ranges, int bits = 8,
                           ActivationPrecision activations = ActivationPrecision::kInt8);

/// What a network is quantized with, and which nodes get 16-bit activations (a regex).
struct TrainedPrecision {
  QuantizeOptions options = {};
  std::string wide = "";
};
TrainedNetwork MakeTrained(const Graph& real, RangeTraining ranges,
                           const TrainedPrecision& precision);

/// Convolutions, an Add, a Concat, a mean and scores of 4 classes, from x [1,6,6,3].
Graph MixedNetwork();

/// A network whose batch norms are trained beside their layers.
struct NormedNetwork {
  TrainedNetwork network;
  FoldedNorms found;
};

/// Folds the batch norms of a graph, and makes it ready for training with them.
///   ranges  of tensors of the folded graph, by name; without any, those on a random sample
NormedNetwork MakeNormed(const Graph& unfolded, const std::map<std::string, Range>& ranges = {});

/// MixedNetwork with batch norms behind both convolutions.
Graph MixedNetworkWithNorms();

/// Returns samples of 4 classes for MixedNetwork: noise and, by class, a bright corner. The teacher
/// is the float network.
TrainingSet CornerSamples(const TrainedNetwork& network, size_t count, uint64_t seed);

}  // namespace qconvert
