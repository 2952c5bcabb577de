// Channels of convolutions and matrix products in another order, which their constant weights can
// have at no cost. For the passes that spare Transposes.
#pragma once

#include <span>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns the convolution or product whose output channels are those of `id`, if they may have any
/// order: between the two, element by element, nobody else reads. Else null.
///   channels_first  `id` is [N, C, H, W]; a Transpose stands behind the convolution then. Else the
///                   channels are its last axis.
Node* ReorderableProducer(Graph& graph, TensorId id, bool channels_first);

/// Returns whether a node reads channels in the last axis of operand 0 by weights that may have
/// them in any order.
bool HasReorderableInputs(const Graph& graph, const Node& node);

/// Makes output channel c of a ReorderableProducer what channel sources[c] was.
void ReorderOutputs(Graph& graph, Node& node, std::span<const int64_t> sources);

/// Makes a node with reorderable inputs expect in channel c what it expected in channel sources[c].
void ReorderInputs(Graph& graph, Node& node, std::span<const int64_t> sources);

}  // namespace qconvert
