// A small network as training sees it: float, quantized, with samples.
#pragma once

#include "lib/quantization/precision_plan.h"
#include "lib/tuning/trained_graph.h"
#include "lib/tuning/trainer.h"

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

/// Convolutions, an Add, a Concat, a mean and scores of 4 classes, from x [1,6,6,3].
Graph MixedNetwork();

/// Returns samples of 4 classes for MixedNetwork: noise and, by class, a bright corner. The teacher
/// is the float network.
TrainingSet CornerSamples(const TrainedNetwork& network, size_t count, uint64_t seed);

}  // namespace qconvert
