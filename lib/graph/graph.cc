#include "lib/graph/graph.h"

#include <algorithm>

namespace qconvert {

Graph::Graph(const Graph& other) { *this = other; }

Graph& Graph::operator=(const Graph& other) {
  if (this == &other) return *this;
  name = other.name;
  metadata = other.metadata;
  statistics = other.statistics;
  inputs = other.inputs;
  outputs = other.outputs;
  input_names = other.input_names;
  output_names = other.output_names;
  tensors_ = other.tensors_;
  nodes_ = other.nodes_;
  by_name_ = other.by_name_;
  last_numbers_ = other.last_numbers_;
  Relink();
  return *this;
}

TensorId Graph::AddTensor(Tensor tensor) {
  const TensorId id = tensor_count();
  tensor.name = UniqueName(tensor.name);
  by_name_[tensor.name] = id;
  tensors_.push_back(std::move(tensor));
  producers_.push_back(nullptr);
  consumers_.emplace_back();
  return id;
}

Node& Graph::Insert(Position before, Node node) {
  const Position at = nodes_.insert(before, std::move(node));
  positions_[&*at] = at;
  GiveName(*at,
           at->name.empty() ? std::string(at->kind()) + "_" + tensor(at->output()).name : at->name);
  Link(*at);
  return *at;
}

void Graph::GiveName(Node& node, const std::string& wanted) {
  node.name = wanted;
  while (!nodes_by_name_.emplace(node.name, &node).second) {
    node.name = wanted + "_" + std::to_string(++last_numbers_[wanted]);
  }
}

void Graph::Rename(Node& node, const std::string& new_name) {
  if (node.name == new_name) return;
  nodes_by_name_.erase(node.name);
  GiveName(node, new_name);
}

const Node* Graph::FindNode(const std::string& wanted) const {
  const auto found = nodes_by_name_.find(wanted);
  return found == nodes_by_name_.end() ? nullptr : found->second;
}

Node& Graph::InsertBefore(const Node& before, Node node) {
  return Insert(PositionOf(before), std::move(node));
}

Node& Graph::InsertAfter(const Node& after, Node node) {
  return Insert(std::next(PositionOf(after)), std::move(node));
}

void Graph::Remove(Node& node) {
  for (TensorId id : node.outputs_) {
    Check(consumers_[static_cast<size_t>(id)].empty() && !IsOutput(id),
          "removed a node whose output is read: " + node.name);
  }
  Unlink(node);
  const Position at = PositionOf(node);
  positions_.erase(&node);
  nodes_by_name_.erase(node.name);
  nodes_.erase(at);
}

void Graph::ReplaceUses(TensorId old_id, TensorId new_id) {
  for (Node* reader : Consumers(old_id)) {
    for (size_t i = 0; i < reader->inputs_.size(); ++i) {
      if (reader->inputs_[i] == old_id) SetInput(*reader, i, new_id);
    }
  }
  std::replace(outputs.begin(), outputs.end(), old_id, new_id);
}

void Graph::Replace(Node& node, TensorId replacement) {
  ReplaceUses(node.output(), replacement);
  Remove(node);
}

void Graph::SetInput(Node& node, size_t i, TensorId id) {
  std::vector<TensorId> ids = node.inputs_;
  ids.at(i) = id;
  SetInputs(node, std::move(ids));
}

void Graph::SetInputs(Node& node, std::vector<TensorId> ids) {
  Unlink(node);
  node.inputs_ = std::move(ids);
  Link(node);
}

void Graph::SetOutput(Node& node, size_t i, TensorId id) {
  Unlink(node);
  node.outputs_.at(i) = id;
  Link(node);
}

Node* Graph::Producer(TensorId id) { return producers_.at(static_cast<size_t>(id)); }

const Node* Graph::Producer(TensorId id) const { return producers_.at(static_cast<size_t>(id)); }

std::vector<Node*> Graph::Consumers(TensorId id) const {
  std::vector<Node*> readers;
  for (Node* node : consumers_.at(static_cast<size_t>(id))) {
    if (std::find(readers.begin(), readers.end(), node) == readers.end()) readers.push_back(node);
  }
  return readers;
}

Node* Graph::SoleConsumer(TensorId id) const {
  const std::vector<Node*> readers = Consumers(id);
  return readers.size() == 1 && !IsOutput(id) ? readers.front() : nullptr;
}

bool Graph::IsOutput(TensorId id) const {
  return std::find(outputs.begin(), outputs.end(), id) != outputs.end();
}

bool Graph::IsInput(TensorId id) const {
  return std::find(inputs.begin(), inputs.end(), id) != inputs.end();
}

bool Graph::IsUsed(TensorId id) const {
  return !consumers_.at(static_cast<size_t>(id)).empty() || IsOutput(id) || IsInput(id);
}

std::string Graph::UniqueName(const std::string& wanted) const {
  std::string name_found = wanted;
  for (int n = 1; by_name_.count(name_found) != 0; ++n) {
    name_found = wanted + "_" + std::to_string(n);
  }
  return name_found;
}

void Graph::Rename(TensorId id, const std::string& new_name) {
  Tensor& renamed = tensor(id);
  if (renamed.name == new_name) return;
  by_name_.erase(renamed.name);
  renamed.name = UniqueName(new_name);
  by_name_[renamed.name] = id;
}

void Graph::SwapNames(TensorId a, TensorId b) {
  std::swap(tensor(a).name, tensor(b).name);
  std::swap(by_name_[tensor(a).name], by_name_[tensor(b).name]);
}

TensorId Graph::FindTensor(const std::string& wanted) const {
  const auto found = by_name_.find(wanted);
  return found == by_name_.end() ? kNoTensor : found->second;
}

Graph::Position Graph::PositionOf(const Node& node) { return positions_.at(&node); }

void Graph::Link(Node& node) {
  for (TensorId id : node.inputs_) {
    if (id != kNoTensor) consumers_.at(static_cast<size_t>(id)).push_back(&node);
  }
  for (TensorId id : node.outputs_) producers_.at(static_cast<size_t>(id)) = &node;
}

void Graph::Unlink(Node& node) {
  for (TensorId id : node.inputs_) {
    if (id == kNoTensor) continue;
    auto& readers = consumers_.at(static_cast<size_t>(id));
    readers.erase(std::find(readers.begin(), readers.end(), &node));
  }
  for (TensorId id : node.outputs_) {
    Node*& producer = producers_.at(static_cast<size_t>(id));
    if (producer == &node) producer = nullptr;
  }
}

void Graph::Relink() {
  producers_.assign(tensors_.size(), nullptr);
  consumers_.assign(tensors_.size(), {});
  positions_.clear();
  nodes_by_name_.clear();
  for (auto at = nodes_.begin(); at != nodes_.end(); ++at) {
    positions_[&*at] = at;
    nodes_by_name_[at->name] = &*at;
    Link(*at);
  }
}

namespace {

bool HasQuantized(const Graph& graph, std::span<const TensorId> ids) {
  return std::any_of(ids.begin(), ids.end(), [&](TensorId id) {
    return id != kNoTensor && graph.tensor(id).quant.has_value();
  });
}

}  // namespace

bool IsDynamic(const Graph& graph, const Node& node) {
  return node.has_input(0) && graph.tensor(node.input(0)).is_float() &&
         HasQuantized(graph, node.inputs());
}

bool IsInteger(const Graph& graph, const Node& node) {
  const bool quantized = HasQuantized(graph, node.inputs()) || HasQuantized(graph, node.outputs());
  return quantized && !IsDynamic(graph, node);
}

size_t ConstantBytes(const Graph& graph) {
  size_t bytes = 0;
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    if (graph.tensor(id).is_constant() && graph.IsUsed(id)) bytes += graph.tensor(id).bytes();
  }
  return bytes;
}

}  // namespace qconvert
