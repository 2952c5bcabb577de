#include "lib/search/layer_groups.h"

#include <map>
#include <optional>

#include "lib/graph/operators.h"
#include "lib/quantization/weight_rules.h"

namespace qconvert {
namespace {

class Grouping {
 public:
  Grouping(const Graph& network, const PrecisionPlan& precision, const QuantizationPlan& plan)
      : network_(network), precision_(precision), plan_(plan) {}

  std::vector<LayerGroup> Find() {
    double place = 0;
    for (const Node& node : network_.nodes()) {
      const double part = place++ / static_cast<double>(network_.nodes().size());
      if (!IsFree(node)) continue;
      const std::optional<size_t> weights = WeightOperand(network_, node);
      const size_t group = weights ? Begin(part) : GroupBefore(node, part);
      if (weights) AddLayer(node, network_.tensor(node.input(*weights)), groups_[group]);
      AddNode(node, group);
    }
    return std::move(groups_);
  }

 private:
  bool IsFree(const Node& node) const {
    const NodePlan* plan = plan_.Find(node);
    return plan != nullptr && plan->precision != kFloatNode && precision_.Find(node) == nullptr;
  }

  size_t Begin(double place) {
    groups_.push_back({});
    groups_.back().traits.place = place;
    return groups_.size() - 1;
  }

  /// Returns the latest group that computes what a node reads; a new one where there is none.
  size_t GroupBefore(const Node& node, double place) {
    std::optional<size_t> latest;
    for (const TensorId id : node.inputs()) {
      const auto found = group_of_.find(id);
      if (found != group_of_.end() && (!latest || *latest < found->second)) latest = found->second;
    }
    return latest ? *latest : Begin(place);
  }

  static void AddLayer(const Node& node, const Tensor& weights, LayerGroup& group) {
    group.weights = static_cast<size_t>(weights.elements());
    group.traits.weights = static_cast<double>(group.weights);
    group.traits.depthwise = node.Is<DepthwiseConv2D>() ? 1 : 0;
    group.channels = static_cast<size_t>(group.traits.depthwise > 0 ? weights.shape.back()
                                                                    : weights.shape.front());
  }

  void AddNode(const Node& node, size_t group) {
    groups_[group].nodes.push_back(node.name);
    for (const TensorId id : node.outputs()) {
      group_of_[id] = group;
      groups_[group].traits.results += static_cast<double>(network_.tensor(id).elements());
    }
  }

  const Graph& network_;
  const PrecisionPlan& precision_;
  const QuantizationPlan& plan_;
  std::vector<LayerGroup> groups_;
  std::map<TensorId, size_t> group_of_;  // of the node that computes a tensor
};

}  // namespace

std::vector<LayerGroup> FindLayerGroups(const Graph& network, const PrecisionPlan& precision,
                                        const QuantizationPlan& plan) {
  return Grouping(network, precision, plan).Find();
}

}  // namespace qconvert
