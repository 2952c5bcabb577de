// The quantized graph as something that can be trained: the same nodes on reals, every tensor with
// the grid that the file rounds it to, weights and biases as parameters. Comes after
// quantization/build.h; simulation_run.h executes it, tuned_graph.h makes a quantized graph of it
// again.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/tuning/fake_quantize.h"
#include "lib/tuning/folded_norms.h"

namespace qconvert {

/// A run of numbers among all parameters, which lie in one array.
struct Segment {
  enum class Kind : uint8_t {
    kWeights,  ///< real weights, of the tensor's shape
    kBias,     ///< real bias [O]
    kScales,   ///< logarithms of scale / initial scale, one for each scale
    // Of a layer that has its batch norm still. Its weights and bias follow from these.
    kUnfolded,  ///< weights before the norm, of the tensor's shape
    kGamma,     ///< [O]; among the file's values: what the layer's result is multiplied with
    kBeta,      ///< [O]; among the file's values: what is added then
    kMean,      ///< [O], running
    kVariance   ///< [O], running
  };
  std::string name;  ///< of the tensor
  Kind kind = Kind::kWeights;
  size_t offset = 0, count = 0;
  bool fixed = false;  ///< TFLite's kernels demand the scale
  /// How large its numbers are, which Adam's rate is relative to: of weights and gammas the root
  /// mean square, of biases and betas an eighth of the range of the layer's result; else 1.
  float unit = 1;
  bool trained = false;  ///< else it keeps its initial values

  template <typename T>
  std::span<T> Of(std::span<T> all) const {
    return all.subspan(offset, count);
  }
};

/// A batch norm that is trained beside the layer it is folded into. In the trained graph
///   a = W x, u = W' x with the file's weights W', y = clamp(scale u + shift)
/// stand for the layer; batch_norm.h gives scale and shift.
struct TrainedNorm {
  TensorId unfolded = kNoTensor;  ///< W
  TensorId sums = kNoTensor;      ///< a [.., O], whose mean and deviation are the batch's
  TensorId scale = kNoTensor, shift = kNoTensor;  ///< [O], or [1,1,1,O]
  size_t first_node = 0;                          ///< of the nodes behind the one that computes a
  size_t unfolded_segment = 0, gamma_segment = 0, beta_segment = 0;
  size_t mean_segment = 0, variance_segment = 0;
  ChannelView channels;  ///< of the weights, by output channel
  float epsilon = 0;
  bool alone = false;  ///< W is 1 and stays
};

/// Weights and bias of one node that computes with integers.
struct TrainedLayer {
  std::string node;
  TensorId input = kNoTensor, weights = kNoTensor;  ///< in both graphs
  TensorId bias = kNoTensor;                        ///< kNoTensor: the node has none
  ChannelView view;                                 ///< of the weights that share a scale
  IntegerLimits limits;
  std::vector<AffineParams> initial;  ///< of the weights, by channel
  size_t weights_segment = 0, bias_segment = 0, scales_segment = 0;
  std::optional<TrainedNorm> norm = {};  ///< none: weights and bias are trained as they are
};

/// How one activation is rounded. Tensors that must have the same scale share a scale's segment.
struct RoundedTensor {
  Grid initial;
  size_t scale_segment = 0;
};

/// Which scales are trained beside weights and biases.
enum class RangeTraining : uint8_t { kFixed, kLearned };

/// Immutable but for Keep: any number of runs on any threads may share it.
class TrainedGraph {
 public:
  /// Pairs the constants of a quantized graph with the float ones that they were made of, by the
  /// names of the nodes.
  ///   real       the float graph that `quantized` was built from, with its weights
  ///   losses     tensors of `quantized` that the loss reads
  ///   norms      that are trained beside their layers; those of layers that do not compute with
  ///              integers are passed over
  ///   activation_bits  of int8 activations, 2 to 8, where TFLite's kernels do not demand the scale
  TrainedGraph(const Graph& real, Graph quantized, std::span<const TensorId> losses,
               RangeTraining ranges, std::span<const FoldedNorm> norms = {},
               int activation_bits = 8);

  /// Returns the nodes on float32 tensors under the ids of the quantized graph. Parameters have no
  /// constants here.
  const Graph& graph() const { return graph_; }
  const Graph& quantized() const { return quantized_; }
  std::span<const Segment> segments() const { return segments_; }
  std::span<const TrainedLayer> layers() const { return layers_; }
  /// Returns how a tensor is rounded; null where it stays as it is computed.
  const RoundedTensor* RoundingOf(TensorId id) const;
  /// Returns whether training asks for the gradient by a tensor.
  bool IsWanted(TensorId id) const { return wanted_[static_cast<size_t>(id)]; }
  /// Returns the parameters that training begins with.
  const std::vector<float>& initial() const { return initial_; }
  size_t trained_count() const;

  /// Returns layers that keep their weights because their only paths to the loss pass an operator
  /// without a gradient, and those operators' nodes: "conv1", "argmax (ArgMax)".
  const std::vector<std::string>& frozen() const { return frozen_; }
  const std::vector<std::string>& blocking() const { return blocking_; }

  /// Lets training begin where the weights round to the quantized graph's integers: a weight that
  /// is another than the nearest one moves well inside that integer's step. Before anything runs.
  void BeginWithIntegers();

  /// Keeps a segment from being trained; before anything runs.
  void Keep(size_t segment) { segments_[segment].trained = false; }

  /// Returns the layers that have their batch norm still, in the order of their nodes.
  std::vector<const TrainedLayer*> NormedLayers() const;
  /// Returns whether a node only serves the statistics of batches.
  bool IsForStatistics(const Node& node) const;

 private:
  void AddLayers(const Graph& real, std::span<const FoldedNorm> norms);
  void AddLayer(const Node& node, const Tensor& weights);
  void AddNorm(const FoldedNorm& norm, TrainedLayer& layer);
  size_t AddSegment(const std::string& name, Segment::Kind kind, std::span<const float> values);
  void AddGrids(int activation_bits);
  void SetUnits();
  void MakeReal();
  void UnfoldNorms();
  void UnfoldNorm(TrainedLayer& layer);
  void FindPaths(std::span<const TensorId> losses);
  void MarkTrained(RangeTraining ranges);
  void MarkNorm(const TrainedLayer& layer);

  Graph quantized_, graph_;
  std::vector<Segment> segments_;
  std::vector<float> initial_;
  std::vector<TrainedLayer> layers_;
  std::vector<std::optional<RoundedTensor>> rounded_;  // by tensor id
  std::vector<bool> wanted_;                           // by tensor id
  std::vector<std::string> frozen_, blocking_;
};

}  // namespace qconvert
