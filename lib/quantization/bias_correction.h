// Corrects the biases of quantized layers, so that the means of their results are the float
// network's. build.h applies it to each layer before it adds the layer; the layers before have been
// corrected already, so their errors do not add up.
#pragma once

#include <vector>

#include "lib/graph/graph.h"
#include "lib/quantization/pack_weights.h"
#include "lib/quantization/result_errors.h"

namespace qconvert {

/// Operands of a layer in the quantized graph.
struct LayerOperands {
  const Tensor &input, &weights, &bias;
};

/// Returns a graph of one layer alone, from its input to its result.
///   node    in the float graph
///   result  in the quantized one
Graph LayerAlone(const Node& node, const LayerOperands& operands, Tensor result);

/// Returns a bias of zeros for weights that have none.
///   weights  quantized
///   result   of the layer, [.., O]
Tensor ZeroBias(const Tensor& weights, const Tensor& result, const IntegerBias& integer);

/// Returns what to add to a layer's bias before the activation function. In each channel it begins
/// with the change that makes the mean error 0: the sum of errors over the number of results that
/// move with the bias. Few samples tell the mean badly, so a part of it is taken: the part that
/// leaves the least squared error of the means, over all channels, on samples that were left out
/// one by one. That shrinks to nothing where the mean is chance.
///   result  [O], real units; empty where no part makes that error less, or of one sample
///   Nagel et al. 2019 (arXiv:1906.04721), 4.2, with the layers in order as in its appendix; the
///   part as in James and Stein 1961.
std::vector<double> BiasCorrection(const ResultErrors& errors);

}  // namespace qconvert
