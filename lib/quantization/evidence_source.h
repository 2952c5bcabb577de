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
#include "lib/quantization/result_errors.h"

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

  /// Runs a layer that is about to be made and returns how its results differ from the float
  /// network's; nothing where no samples run. Asked when Observe may be, once a layer.
  ///   candidate  computes what `input.layer` does, from the tensor `input.quantized` alone
  virtual std::optional<ResultErrors> Compare(const LayerInput& input, const Graph& candidate) {
    static_cast<void>(input), static_cast<void>(candidate);
    return std::nullopt;
  }
};

/// Where the steps that quantize weights get their evidence. One source may serve all.
struct EvidenceSources {
  /// Not explicit: most callers have one source.
  EvidenceSources(EvidenceSource& all) : scales(all), rounding(all) {}
  EvidenceSources(EvidenceSource& for_scales, EvidenceSource& for_rounding)
      : scales(for_scales), rounding(for_rounding) {}

  bool are_one() const { return &scales == &rounding; }

  /// Calls tell(source) for each source, once.
  template <typename Tell>
  void TellEach(const Tell& tell) const {
    tell(scales);
    if (!are_one()) tell(rounding);
  }

  EvidenceSource& scales;    ///< for scale methods
  EvidenceSource& rounding;  ///< for rounding methods and the correction of biases
};

/// The sources of one build: a source that follows the graph serves no second one.
struct OwnedEvidence {
  std::unique_ptr<EvidenceSource> scales;
  std::unique_ptr<EvidenceSource> rounding;  ///< null: `scales` serves all

  EvidenceSources sources() const {
    return rounding ? EvidenceSources(*scales, *rounding) : EvidenceSources(*scales);
  }
};

/// Makes the sources of one build.
using EvidenceFactory = std::function<OwnedEvidence()>;

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
