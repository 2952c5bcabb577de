// Where build.h gets what it must know of a layer's inputs before it quantizes the layer's weights:
// from the calibration, or from a run of both networks that follows the graph as it grows.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "lib/graph/graph.h"
#include "lib/network/prefix_run.h"
#include "lib/quantization/layer_evidence.h"

namespace qconvert {

/// A layer whose weights are about to be quantized.
struct LayerInput {
  const Node& layer;               ///< in the float graph
  const Tensor& real;              ///< what it reads there, its operand 0
  TensorId quantized = kNoTensor;  ///< what it will read in the quantized graph
};

/// Is told how the quantized graph grows and asked for the evidence of layers. The graph only
/// grows: nodes that were told of stay as and where they are until it is finished.
class EvidenceSource {
 public:
  virtual ~EvidenceSource() = default;

  /// The quantized graph has its inputs.
  virtual void Start(const Graph& quantized) { static_cast<void>(quantized); }

  /// Nodes were added to the quantized graph: those that one node of the float graph became, or
  /// conversions of operands that one reads. Each is told of once, in the order of the graph.
  ///   likenesses  of all tensors that `made` compute
  virtual void Made(const Graph& quantized, std::span<const Node* const> made,
                    std::span<const Likeness> likenesses) {
    static_cast<void>(quantized), static_cast<void>(made), static_cast<void>(likenesses);
  }

  /// Everything that `node` of the float graph becomes is made. Told of each node, in order.
  virtual void Finished(const Node& node) { static_cast<void>(node); }

  /// Returns what is known of a layer's inputs. Asked between Made of the layer's operands and Made
  /// of the layer itself, and only where a method reads evidence.
  ///   result  at least what is needed, as far as it is known; holds until the next call
  virtual LayerEvidence Observe(const LayerInput& input, EvidenceNeeds needs) = 0;
};

/// Makes the source that one build asks; a source that follows the graph serves no second one.
using EvidenceFactory = std::function<std::unique_ptr<EvidenceSource>()>;

/// Evidence that was gathered before: the moments of what layers read in the float network.
class KnownMoments : public EvidenceSource {
 public:
  using Find = std::function<std::optional<ChannelMoments>(const Tensor& real)>;

  /// `find` returns the moments of a tensor of the float graph, if they are known.
  explicit KnownMoments(Find find) : find_(std::move(find)) {}

  LayerEvidence Observe(const LayerInput& input, EvidenceNeeds needs) override {
    moments_ = needs.moments ? find_(input.real) : std::nullopt;
    return {.moments = moments_ ? &*moments_ : nullptr};
  }

 private:
  Find find_;
  std::optional<ChannelMoments> moments_;  // of the layer that was asked for last
};

}  // namespace qconvert
