// Copies nodes of an ONNX graph into another one under names of their own: bodies of functions,
// which may be called often, and of loops, which run often.
#pragma once

#include <set>
#include <string>
#include <unordered_map>

namespace onnx {
class GraphProto;
class NodeProto;
}  // namespace onnx

namespace qconvert {

/// The names that a body's tensors and nodes get in one copy.
class CopyNames {
 public:
  /// prefix  of the copy, such as the name of the node that calls
  /// taken   every name of the graph that the copy goes to; the copy's are added
  CopyNames(std::string prefix, std::set<std::string>& taken)
      : prefix_(std::move(prefix)), taken_(taken) {}

  /// Gives an inner tensor the name of an outer one.
  void Bind(const std::string& inner, const std::string& outer) { names_[inner] = outer; }
  /// Gives inner tensors that are not bound names of their own: "prefix/inner".
  void Define(const std::set<std::string>& inner);

  /// Returns a tensor's name in the copy; one that the body takes from outside keeps its own.
  std::string Of(const std::string& inner) const;
  /// Renames a node that was copied, with its tensors, those of its branches included.
  void Rename(onnx::NodeProto& node) const;
  /// Renames the inputs, initializers, nodes and outputs of a graph that was copied.
  void Rename(onnx::GraphProto& graph) const;

 private:
  const std::string prefix_;
  std::set<std::string>& taken_;
  std::unordered_map<std::string, std::string> names_;
};

/// Returns every name of a tensor in a graph, its branches included.
std::set<std::string> AllNames(const onnx::GraphProto& graph);

}  // namespace qconvert
