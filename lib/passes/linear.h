// Convolutions and matrix products as y = W x + b: their input and output channels may be scaled
// and shifted in place. For the passes that fold arithmetic into them.
#pragma once

#include <span>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns the axis of the weights (operand 1) that counts output channels; -1 when the node has no
/// weights, or they are not float constants.
int OutputChannelAxis(const Graph& graph, const Node& node);

/// Returns the input channel that an element of the weights of such a node multiplies.
///   shape     of the weights
///   channels  of operand 0
size_t InputChannel(const Node& node, const Shape& shape, size_t channels, size_t element);

/// Returns the number of output channels of a node that has an OutputChannelAxis.
int64_t OutputChannels(const Graph& graph, const Node& node);

/// Returns the node that computes `id`, if it is linear and may absorb arithmetic on its result:
/// `id` has one reader, the bias is constant, there is no fused activation, and the model itself
/// does not round the result, which would saturate. Else null.
Node* FoldableProducer(Graph& graph, TensorId id);

/// Makes a linear node compute scale y + shift instead of y, channel by channel.
///   scale, shift  [O]
///   W' = scale W, b' = scale b + shift; statistics of the result follow
void ScaleAndShift(Graph& graph, Node& node, std::span<const float> scale,
                   std::span<const float> shift);

/// Makes a linear node compute W (scale x) + b instead of W x + b, input channel by input channel.
///   scale  [I], of the channels of operand 0
///   W'[o,..,i] = W[o,..,i] scale[i]
void ScaleInputs(Graph& graph, Node& node, std::span<const float> scale);

/// Makes a linear node compute W (x + shift) + b. Exact only without padding, whose zeros are not
/// shifted.
///   shift  [I], of the channels of operand 0; the bias, if any, must be constant
///   b'[o] = b[o] + sum over .., i of W[o,..,i] shift[i]
void ShiftInputs(Graph& graph, Node& node, std::span<const float> shift);

/// Gives a linear node a bias; adds one of zeros when there is none.
void EnsureBias(Graph& graph, Node& node);

}  // namespace qconvert
