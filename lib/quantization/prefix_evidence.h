// Evidence of what layers read behind the layers that are quantized already: both networks run side
// by side on a few samples while build.h makes the quantized one.
#pragma once

#include <memory>
#include <set>

#include "lib/base/progress.h"
#include "lib/network/prefix_run.h"
#include "lib/quantization/evidence_source.h"

namespace qconvert {

/// Bytes of the Gram matrices of a layer, when nobody says otherwise.
inline constexpr size_t kGramBytes = size_t{1} << 30;

/// Follows the graph under construction and observes the inputs of its layers.
class PrefixEvidence : public EvidenceSource {
 public:
  /// `network`, the float graph, must outlive it. Memory grows with `samples` and with the
  /// activations that are alive between two layers.
  ///   samples     which of those that `read` gives
  ///   progress    advanced at each node of `network`
  ///   gram_bytes  most that the Gram matrices of a layer and what is made of them may take
  PrefixEvidence(const Graph& network, std::span<const size_t> samples, const SampleReader& read,
                 ThreadPool& threads, std::unique_ptr<Progress> progress,
                 size_t gram_bytes = kGramBytes);

  void Start(const Graph& quantized) override;
  void Made(const Graph& quantized, std::span<const Node* const> made,
            std::span<const Likeness> likenesses) override;
  void Finished(const Node& node) override;
  LayerEvidence Observe(const LayerInput& input, EvidenceNeeds needs) override;
  std::optional<ResultErrors> Compare(const LayerInput& input, const Graph& candidate) override;

 private:
  void ObserveMoments(const LayerInput& input);
  void ObserveGram(const LayerInput& input);
  void ObservePatches(const LayerInput& input);
  std::vector<float> Quantized(const LayerInput& input, size_t sample) const;
  std::vector<float> Real(const LayerInput& input, size_t sample) const;

  const Graph& network_;
  PrefixRun run_;
  ThreadPool& threads_;
  const std::unique_ptr<Progress> progress_;
  const size_t gram_bytes_;
  const Graph* quantized_ = nullptr;
  std::set<TensorId> gated_;  // operands of gates, by the float graph's tensor
  // Of the layer that was asked for last.
  ChannelMoments moments_;
  GramMatrices gram_;
  InputPatches patches_;
};

}  // namespace qconvert
