#include "lib/tuning/blocks.h"

#include <algorithm>
#include <map>
#include <string>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

/// A network by the places of its nodes.
class Cutter {
 public:
  explicit Cutter(const Graph& network)
      : layers_(1), last_read_(static_cast<size_t>(network.tensor_count())) {
    for (const Node& node : network.nodes()) {
      nodes_.push_back(&node);
      layers_.push_back(layers_.back() + (IsLayer(network, node) ? 1 : 0));
    }
    FindLastReads(network);
    FindCuts(network);
  }

  std::vector<NodeRange> Find() const {
    std::vector<NodeRange> blocks;
    NodeRange open;  // parts of a chain that wait for more
    const auto close = [&] {
      if (LayersOf(open) == 0) return;
      blocks.push_back(open);
      open.first = open.last;
    };
    for (size_t i = 0; i + 1 < cuts_.size(); ++i) {
      const NodeRange part{cuts_[i], cuts_[i + 1]};
      const size_t layers = LayersOf(part);
      if (layers == 0) continue;  // the next layer takes it along
      if (layers > 1 || LayersOf(open) + layers > kChainLayers) close();
      open.last = part.last;
      if (layers <= 1) continue;
      Close(layers, open, blocks);
    }
    close();
    return blocks;
  }

  std::vector<NodeRange> Layers(NodeRange range) const {
    std::vector<NodeRange> blocks;
    size_t first = range.first;
    for (size_t place = range.first; place < range.last; ++place) {
      if (LayersOf({place, place + 1}) == 0) continue;
      blocks.push_back({first, place + 1});
      first = place + 1;
    }
    return blocks;
  }

 private:
  size_t LayersOf(NodeRange range) const { return layers_[range.last] - layers_[range.first]; }

  /// Ends a part without cuts as one block or, where it is too large, as one for each layer.
  void Close(size_t layers, NodeRange& open, std::vector<NodeRange>& blocks) const {
    if (layers <= kMostBlockLayers) {
      blocks.push_back(open);
    } else {
      std::ranges::copy(Layers(open), std::back_inserter(blocks));
    }
    open.first = blocks.back().last;
  }

  void FindLastReads(const Graph& network) {
    for (size_t place = 0; place < nodes_.size(); ++place) {
      for (TensorId id : nodes_[place]->inputs()) {
        if (id != kNoTensor) last_read_[static_cast<size_t>(id)] = place;
      }
    }
    for (TensorId id : network.outputs) last_read_[static_cast<size_t>(id)] = nodes_.size();
  }

  /// Notes the places before which at most one tensor is made already and read yet.
  void FindCuts(const Graph& network) {
    size_t alive = 0;
    std::map<size_t, size_t> ends;  // how many tensors a node is the last to read
    const auto make = [&](TensorId id, size_t place) {
      const size_t last = last_read_[static_cast<size_t>(id)];
      if (last < place) return;
      ++alive;
      ++ends[last];
    };
    for (TensorId id : network.inputs) make(id, 0);
    for (size_t place = 0; place < nodes_.size(); ++place) {
      if (alive <= 1 || place == 0) cuts_.push_back(place);
      alive -= ends[place];
      for (TensorId id : nodes_[place]->outputs()) make(id, place + 1);
    }
    cuts_.push_back(nodes_.size());
  }

  std::vector<const Node*> nodes_;
  std::vector<size_t> layers_;     // by place: in front of it
  std::vector<size_t> last_read_;  // by tensor id: place of a node, or behind all for an output
  std::vector<size_t> cuts_;       // ascending, both ends included
};

}  // namespace

bool IsLayer(const Graph& graph, const Node& node) {
  const TensorId weights = node.input(1);
  return weights != kNoTensor && graph.tensor(weights).is_constant() &&
         OpOf(node).quant.Operand(1).kind == OperandRule::kWeight;
}

std::vector<NodeRange> FindBlocks(const Graph& network) { return Cutter(network).Find(); }

std::vector<NodeRange> CutIntoLayers(const Graph& network, NodeRange block) {
  return Cutter(network).Layers(block);
}

std::vector<BlockRange> PlaceBlocks(const Graph& network, const Graph& quantized,
                                    std::span<const NodeRange> blocks) {
  std::map<std::string, size_t> places;
  for (const Node& node : quantized.nodes()) places.emplace(node.name, places.size());
  std::vector<size_t> behind;  // by place in the network: place in the quantized graph
  for (const Node& node : network.nodes()) behind.push_back(places.at(node.name) + 1);
  std::vector<BlockRange> ranges;
  size_t first = 0;
  for (const NodeRange& block : blocks) {
    const size_t last = behind[block.last - 1];
    ranges.push_back({block, {first, last}});
    first = last;
  }
  return ranges;
}

}  // namespace qconvert
