// Puts the nodes of an ONNX graph in an order in which they can run: some tools append nodes where
// they please. Stands between the file and import.cc, which reads nodes in their order.
#pragma once

namespace onnx {
class GraphProto;
}

namespace qconvert {

/// Sorts the nodes of a graph, and of its branches and loop bodies, so that each reads what earlier
/// ones compute. A graph in such an order stays as it is.
///   Throws Error(kUnusable), with the nodes of the circle, when there is none.
void SortNodes(onnx::GraphProto& graph);

}  // namespace qconvert
