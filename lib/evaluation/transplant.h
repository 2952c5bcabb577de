// Layers of one network put into another one that computes the same tensors: what a layer alone
// does to the outputs. Before it: PairLayers and PairPorts. search/layer_isolation.h compares what
// comes of it.
#pragma once

#include <set>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// A tensor that two networks compute, under the same name perhaps.
struct SharedTensor {
  TensorId host = kNoTensor, donor = kNoTensor;
};

/// Returns the host, but that the donor's nodes compute some tensors. They begin at the nearest
/// tensors that both networks have, their inputs among them, and reals become integers and back as
/// either network has the tensor. So the donor may be quantized, or the host, or both.
///   shared  tensors that nodes of both compute
///   chosen  of the host: those of `shared` that the donor computes
///   Throws Error(kUsage) when the inputs cannot be paired; Error(kUnsupported) when a tensor is of
///   types that do not become each other.
Graph Transplanted(const Graph& host, const Graph& donor, const std::vector<SharedTensor>& shared,
                   const std::set<TensorId>& chosen);

}  // namespace qconvert
