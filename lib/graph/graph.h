// The network between import and export: tensors, and nodes in an order in which they can run.
// onnx/ and tflite/ build it, passes/ rewrite it, runner/ executes it, quantization/ makes it
// integer.
#pragma once

#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/graph/node.h"
#include "lib/graph/tensor.h"

namespace qconvert {

/// What a batch norm promised of a tensor before it was folded away, for each index of the last
/// axis: the mean (beta) and the standard deviation (|gamma|) of what its producer computes, before
/// a fused activation. From it come ranges when there are no samples.
struct ChannelStatistics {
  std::vector<float> mean, deviation;  ///< [C], real units
};

/// A network in single-assignment form. Copying is cheap: constants are shared.
class Graph {
 public:
  Graph() = default;
  Graph(const Graph& other);
  Graph& operator=(const Graph& other);
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;

  std::string name;
  /// Free text that travels in the file: preprocessing, how the ranges were found.
  std::map<std::string, std::string> metadata;

  std::map<TensorId, ChannelStatistics> statistics;

  /// The int8 or int16 numbers that a quantized model itself makes of its tensors: what an integer
  /// file keeps. passes/lift_quantization.cc notes them.
  std::map<TensorId, IntegerForm> grids;

  std::vector<TensorId> inputs, outputs;
  std::vector<std::string> input_names, output_names;  ///< of the signature: ONNX's names

  TensorId AddTensor(Tensor tensor);
  Tensor& tensor(TensorId id) { return tensors_.at(static_cast<size_t>(id)); }
  const Tensor& tensor(TensorId id) const { return tensors_.at(static_cast<size_t>(id)); }
  /// Returns one past the largest tensor id.
  TensorId tensor_count() const { return static_cast<TensorId>(tensors_.size()); }

  std::list<Node>& nodes() { return nodes_; }
  const std::list<Node>& nodes() const { return nodes_; }

  /// Appends a node; it becomes the producer of its outputs. Its name becomes unique: a number goes
  /// behind one that another node has, and a node without a name gets one of its operator and first
  /// output.
  Node& Append(Node node) { return Insert(nodes_.end(), std::move(node)); }
  /// Inserts a node before `before`.
  Node& InsertBefore(const Node& before, Node node);
  /// Inserts a node right after `after`.
  Node& InsertAfter(const Node& after, Node node);
  /// Removes a node; nothing may read its outputs any more.
  void Remove(Node& node);
  /// Makes every reader of `old_id`, graph outputs included, read `new_id` instead.
  void ReplaceUses(TensorId old_id, TensorId new_id);
  /// Removes `node` and lets the readers of its first output read `replacement`.
  void Replace(Node& node, TensorId replacement);
  void SetInput(Node& node, size_t i, TensorId id);
  void SetInputs(Node& node, std::vector<TensorId> ids);
  /// Makes `node` the producer of `id` in place of its output `i`.
  void SetOutput(Node& node, size_t i, TensorId id);

  /// Returns the node that computes a tensor; null for constants and graph inputs.
  Node* Producer(TensorId id);
  const Node* Producer(TensorId id) const;
  /// Returns the nodes that read a tensor, each once, in the order in which they began to.
  std::vector<Node*> Consumers(TensorId id) const;
  /// Returns whether a node of the graph is among the readers of a tensor.
  bool Reads(const Node& node, TensorId id) const;
  /// Returns the only reader of a tensor; null when there are several, or it is a graph output.
  Node* SoleConsumer(TensorId id) const;
  bool IsOutput(TensorId id) const;
  bool IsInput(TensorId id) const;
  /// Returns whether a node or graph output reads it, or it is a graph input.
  bool IsUsed(TensorId id) const;

  /// Returns `wanted`, or it with a number behind when a tensor has that name.
  std::string UniqueName(const std::string& wanted) const;
  /// Renames a tensor, keeping names unique.
  void Rename(TensorId id, const std::string& name);
  /// Lets two tensors change names.
  void SwapNames(TensorId a, TensorId b);
  /// Returns the tensor of that name, or kNoTensor.
  TensorId FindTensor(const std::string& name) const;

  /// Renames a node, keeping names unique.
  void Rename(Node& node, const std::string& name);
  /// Returns the node of that name, or null.
  const Node* FindNode(const std::string& name) const;

 private:
  using Position = std::list<Node>::iterator;
  Node& Insert(Position before, Node node);
  Position PositionOf(const Node& node);
  void GiveName(Node& node, const std::string& wanted);
  void Link(Node& node);
  void Unlink(Node& node);
  void Relink();
  void TakeName(TensorId id, const std::string& wanted);
  void GiveUpName(TensorId id);

  std::vector<Tensor> tensors_;
  std::list<Node> nodes_;
  std::vector<Node*> producers_;                   // by tensor id
  std::vector<std::map<int64_t, Node*>> readers_;  // by tensor id; each by the number of its link
  int64_t links_ = 0;                              // that were made
  std::unordered_map<const Node*, Position> positions_;
  std::unordered_map<std::string, TensorId> by_name_;
  /// By what was wanted: all smaller numbers behind that name are taken.
  std::unordered_map<std::string, int> free_numbers_;
  std::unordered_map<std::string, const Node*> nodes_by_name_;
  std::unordered_map<std::string, int> last_numbers_;  // behind names of nodes, by what was wanted
};

/// Returns whether a node reads float activations beside quantized weights: a kernel rounds the
/// activations while it runs ("dynamic range").
bool IsDynamic(const Graph& graph, const Node& node);

/// Returns whether a node has a quantized operand or result and is not dynamic: integer kernels run
/// it then.
bool IsInteger(const Graph& graph, const Node& node);

/// Returns the bytes in memory of the constants that are read.
size_t ConstantBytes(const Graph& graph);

}  // namespace qconvert
