#include "lib/onnx/sort_nodes.h"

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include <onnx.pb.h>

#include "lib/base/error.h"
#include "lib/onnx/names_read.h"
#include "lib/onnx/node_importer.h"

namespace qconvert {
namespace {

/// The nodes of one graph, by their places in it.
class NodeOrder {
 public:
  explicit NodeOrder(const onnx::GraphProto& graph)
      : graph_(graph), needs_(Count(graph)), readers_(Count(graph)) {
    constexpr size_t kNone = SIZE_MAX;
    std::unordered_map<std::string, size_t> producers;
    for (const auto& input : graph.input()) producers.emplace(input.name(), kNone);
    for (const auto& initializer : graph.initializer())
      producers.emplace(initializer.name(), kNone);
    for (size_t i = 0; i < needs_.size(); ++i) {
      for (const std::string& output : Node(i).output()) producers.emplace(output, i);
    }
    for (size_t i = 0; i < needs_.size(); ++i) {
      for (const std::string& name : NamesRead(Node(i))) {
        const auto producer = producers.find(name);
        if (producer == producers.end() || producer->second == kNone) continue;
        needs_[i].push_back(producer->second);
        readers_[producer->second].push_back(i);
      }
    }
  }

  /// Returns the places in an order in which the nodes can run: of those that can, the first in the
  /// graph is next.
  std::vector<size_t> Sorted() const {
    std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
    std::vector<size_t> open, order;
    for (const auto& needs : needs_) {
      if (needs.empty()) ready.push(open.size());
      open.push_back(needs.size());
    }
    while (!ready.empty()) {
      order.push_back(ready.top());
      ready.pop();
      for (size_t reader : readers_[order.back()]) {
        if (--open[reader] == 0) ready.push(reader);
      }
    }
    if (order.size() < needs_.size()) FailOnCircle(open);
    return order;
  }

 private:
  static size_t Count(const onnx::GraphProto& graph) {
    return static_cast<size_t>(graph.node_size());
  }

  const onnx::NodeProto& Node(size_t i) const { return graph_.node(static_cast<int>(i)); }

  /// Follows nodes that wait for each other until one comes again.
  [[noreturn]] void FailOnCircle(const std::vector<size_t>& open) const {
    const auto waits = [&](size_t i) { return open[i] > 0; };
    size_t at = 0;
    while (!waits(at)) ++at;
    std::vector<size_t> path;
    std::vector<bool> seen(open.size(), false);
    for (; !seen[at]; at = *std::ranges::find_if(needs_[at], waits)) {
      seen[at] = true;
      path.push_back(at);
    }
    constexpr size_t kMostNamed = 8;
    std::string text = Label(at);
    auto next = std::ranges::find(path, at);
    for (size_t named = 1; named < kMostNamed && ++next != path.end(); ++named) {
      text += " reads from " + Label(*next) + ", which";
    }
    text += " reads from " + std::string(next == path.end() ? Label(at) : "further nodes");
    Fail(ErrorKind::kUnusable, "the graph has a cycle: " + text);
  }

  std::string Label(size_t i) const {
    return "node '" + NodeName(Node(i)) + "' (" + Node(i).op_type() + ")";
  }

  const onnx::GraphProto& graph_;
  std::vector<std::vector<size_t>> needs_, readers_;
};

}  // namespace

void SortNodes(onnx::GraphProto& graph) {
  google::protobuf::RepeatedPtrField<onnx::NodeProto> sorted;
  for (size_t i : NodeOrder(graph).Sorted())
    sorted.Add()->Swap(graph.mutable_node(static_cast<int>(i)));
  graph.mutable_node()->Swap(&sorted);
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) SortNodes(*attribute.mutable_g());
    }
  }
}

}  // namespace qconvert
