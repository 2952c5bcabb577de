#include "lib/passes/batch_growth.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/graph/open_batch.h"
#include "lib/ops/fold.h"

namespace qconvert {
namespace {

constexpr int64_t kSamples = 2;  // that the batch is tried with

Shape Grown(Shape shape) {
  if (!shape.empty()) shape[0] *= kSamples;
  return shape;
}

/// Follows the shapes of a batch of several samples. A node lets it pass if the inferred shapes
/// grow along the first axis and nowhere else, and if no result needs values of several samples.
class Follower {
 public:
  explicit Follower(const Graph& graph)
      : graph_(graph), grows_(static_cast<size_t>(graph.tensor_count())) {}

  BatchGrowth Follow() {
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      if (IsBatchOpen(graph_, graph_.input_names[i])) Mark(graph_.inputs[i]);
    }
    for (const Node& node : graph_.nodes()) {
      if (!std::ranges::any_of(node.inputs(), [&](TensorId id) { return Grows(id); })) continue;
      if (MixesSamples(node) || !InfersGrowth(node)) return {std::move(grows_), &node};
      for (TensorId id : node.outputs()) Mark(id);
    }
    return {std::move(grows_)};
  }

 private:
  bool Grows(TensorId id) const { return id != kNoTensor && grows_[static_cast<size_t>(id)]; }
  void Mark(TensorId id) { grows_[static_cast<size_t>(id)] = true; }

  bool GrowsOperand(const Node& node, size_t first) const {
    for (size_t i = first; i < node.inputs().size(); ++i) {
      if (Grows(node.inputs()[i])) return true;
    }
    return false;
  }

  /// Returns whether a result needs several samples though its shape does not show it, or the file
  /// states a size of the batch.
  bool MixesSamples(const Node& node) const {
    const bool along_samples = graph_.tensor(node.input(0)).rank() < 2;
    if (const auto* op = node.As<Concat>()) return op->axis == 0;
    if (const auto* op = node.As<CumSum>()) return op->axis == 0;
    if (const auto* op = node.As<Gather>()) return op->axis == 0 && Grows(node.input(0));
    if (const auto* op = node.As<Tile>()) return op->multiples.at(0) != 1;
    if (const auto* op = node.As<StridedSlice>()) return op->stride.at(0) != 1;
    if (node.Is<Softmax>() || node.Is<LogSoftmax>() || node.Is<TopK>()) return along_samples;
    if (node.Is<Conv2D>() || node.Is<DepthwiseConv2D>() || node.Is<FullyConnected>()) {
      return GrowsOperand(node, 1);
    }
    return node.Is<TransposeConv2D>() || node.Is<BroadcastTo>();
  }

  bool InfersGrowth(const Node& node) const {
    std::vector<Tensor> grown;
    grown.reserve(node.inputs().size());
    std::vector<const Tensor*> operands;
    for (TensorId id : node.inputs()) {
      const Tensor* tensor = id == kNoTensor ? nullptr : &graph_.tensor(id);
      if (Grows(id)) {
        grown.push_back({tensor->name, tensor->type, Grown(tensor->shape), tensor->quant});
        tensor = &grown.back();
      }
      operands.push_back(tensor);
    }
    try {
      const std::vector<Tensor> results = InferOutputs(node, operands);
      for (size_t i = 0; i < results.size(); ++i) {
        const Shape& shape = graph_.tensor(node.outputs()[i]).shape;
        if (shape.empty() || results[i].shape != Grown(shape)) return false;
      }
    } catch (const Error&) {
      return false;
    }
    return true;
  }

  const Graph& graph_;
  std::vector<bool> grows_;  // by tensor id
};

}  // namespace

BatchGrowth FollowBatch(const Graph& graph) { return Follower(graph).Follow(); }

}  // namespace qconvert
