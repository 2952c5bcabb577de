#include "lib/graph/graph.h"

#include <algorithm>
#include <charconv>

namespace qconvert {

Graph::Graph(const Graph& other) { *this = other; }

Graph& Graph::operator=(const Graph& other) {
  if (this == &other) return *this;
  name = other.name;
  metadata = other.metadata;
  statistics = other.statistics;
  grids = other.grids;
  inputs = other.inputs;
  outputs = other.outputs;
  input_names = other.input_names;
  output_names = other.output_names;
  tensors_ = other.tensors_;
  nodes_ = other.nodes_;
  by_name_ = other.by_name_;
  free_numbers_ = other.free_numbers_;
  last_numbers_ = other.last_numbers_;
  Relink();
  return *this;
}

TensorId Graph::AddTensor(Tensor tensor) {
  const TensorId id = tensor_count();
  const std::string wanted = tensor.name;
  tensors_.push_back(std::move(tensor));
  TakeName(id, wanted);
  producers_.push_back(nullptr);
  readers_.emplace_back();
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
    Check(readers_[static_cast<size_t>(id)].empty() && !IsOutput(id),
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
    std::vector<TensorId> ids = reader->inputs_;
    std::replace(ids.begin(), ids.end(), old_id, new_id);
    SetInputs(*reader, std::move(ids));
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
  std::vector<Node*> nodes;
  for (const auto& [link, node] : readers_.at(static_cast<size_t>(id))) nodes.push_back(node);
  return nodes;
}

bool Graph::Reads(const Node& node, TensorId id) const {
  const auto& readers = readers_.at(static_cast<size_t>(id));
  const auto found = readers.find(node.link_);
  return found != readers.end() && found->second == &node;
}

Node* Graph::SoleConsumer(TensorId id) const {
  const auto& readers = readers_.at(static_cast<size_t>(id));
  return readers.size() == 1 && !IsOutput(id) ? readers.begin()->second : nullptr;
}

bool Graph::IsOutput(TensorId id) const {
  return std::find(outputs.begin(), outputs.end(), id) != outputs.end();
}

bool Graph::IsInput(TensorId id) const {
  return std::find(inputs.begin(), inputs.end(), id) != inputs.end();
}

bool Graph::IsUsed(TensorId id) const {
  return !readers_.at(static_cast<size_t>(id)).empty() || IsOutput(id) || IsInput(id);
}

std::string Graph::UniqueName(const std::string& wanted) const {
  if (by_name_.count(wanted) == 0) return wanted;
  const auto free = free_numbers_.find(wanted);
  std::string name_found;
  int n = free == free_numbers_.end() ? 1 : free->second;
  do {
    name_found = wanted + "_" + std::to_string(n++);
  } while (by_name_.count(name_found) != 0);
  return name_found;
}

/// Gives a tensor the name, with the lowest number behind it that is free when it is taken.
void Graph::TakeName(TensorId id, const std::string& wanted) {
  Tensor& named = tensor(id);
  named.name = UniqueName(wanted);
  by_name_[named.name] = id;
  if (named.name != wanted) {
    free_numbers_[wanted] = std::stoi(named.name.substr(wanted.size() + 1)) + 1;
  }
}

void Graph::GiveUpName(TensorId id) {
  const std::string& given_up = tensor(id).name;
  by_name_.erase(given_up);
  const size_t at = given_up.rfind('_');
  if (at == std::string::npos) return;
  const auto free = free_numbers_.find(given_up.substr(0, at));
  int number = 0;
  const char* end = given_up.data() + given_up.size();
  const auto [last, error] = std::from_chars(given_up.data() + at + 1, end, number);
  if (free != free_numbers_.end() && error == std::errc() && last == end) {
    free->second = std::clamp(number, 1, free->second);
  }
}

void Graph::Rename(TensorId id, const std::string& new_name) {
  if (tensor(id).name == new_name) return;
  GiveUpName(id);
  TakeName(id, new_name);
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
  node.link_ = links_++;
  for (TensorId id : node.inputs_) {
    if (id != kNoTensor) readers_.at(static_cast<size_t>(id)).emplace(node.link_, &node);
  }
  for (TensorId id : node.outputs_) producers_.at(static_cast<size_t>(id)) = &node;
}

void Graph::Unlink(Node& node) {
  for (TensorId id : node.inputs_) {
    if (id != kNoTensor) readers_.at(static_cast<size_t>(id)).erase(node.link_);
  }
  for (TensorId id : node.outputs_) {
    Node*& producer = producers_.at(static_cast<size_t>(id));
    if (producer == &node) producer = nullptr;
  }
}

void Graph::Relink() {
  producers_.assign(tensors_.size(), nullptr);
  readers_.assign(tensors_.size(), {});
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
