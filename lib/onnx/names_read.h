// Which tensors an ONNX node reads, those that its branches and loop bodies take from outside
// included. What sorts and cuts graphs asks for them.
#pragma once

#include <set>
#include <string>

namespace onnx {
class GraphProto;
class NodeProto;
}  // namespace onnx

namespace qconvert {

/// Returns the names of the tensors that a node reads; absent operands have none.
std::set<std::string> NamesRead(const onnx::NodeProto& node);

/// Returns the names that a graph defines: its inputs, initializers and the outputs of its nodes.
std::set<std::string> NamesDefined(const onnx::GraphProto& graph);

}  // namespace qconvert
