// The float network and the quantized graph that is being built from it, run side by side on the
// same samples, layer by layer. It shows a rounding method what a layer really reads: the input as
// the quantized layers before it compute it, beside the float one.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <vector>

#include "lib/network/prefix_values.h"
#include "lib/samples/sample_reader.h"

namespace qconvert {

/// A tensor of the quantized graph and the tensor of the float network that it stands for.
struct Likeness {
  TensorId quantized = kNoTensor;
  TensorId original = kNoTensor;
};

/// Is shown the bytes of a float result and of the quantized one on a sample; several threads call
/// it at once.
using ResultObserver = std::function<void(size_t sample, std::span<const std::byte> real,
                                          std::span<const std::byte> quantized)>;

/// Advances both graphs together; holds only outputs and the tensors that later layers read.
class PrefixRun {
 public:
  /// Reads the inputs of `samples` samples. `network` must outlive the run.
  PrefixRun(const Graph& network, size_t samples, const SampleReader& read, ThreadPool& threads);

  /// Gives the quantized graph the same inputs, in its own types; their layouts are alike.
  void Start(const Graph& quantized);

  /// Executes the quantized nodes `made`, such as conversions of a layer's operands.
  ///   likenesses  of all tensors that `made` compute
  void RunQuantized(const Graph& quantized, std::span<const Node* const> made,
                    std::span<const Likeness> likenesses);

  /// Executes a quantized graph that one node might become, and the float network's `node` before
  /// its turn, to compare their results. Keeps what the float node computes.
  ///   candidate  reads the quantized graph's tensor `input` alone, and computes one tensor
  void Try(const Node& node, const Graph& candidate, TensorId input, const ResultObserver& observe);

  /// Returns the most bytes that a run holds at once of each sample, all activations being int8.
  static size_t BytesPerSample(const Graph& network);

  /// Executes the float network's `node`, if that was not done, and drops what no later node of it
  /// reads, in both graphs.
  void RunFloat(const Node& node);

  size_t samples() const { return float_.samples(); }
  /// Returns a tensor of the float network, or of the quantized graph, in real units.
  ///   id  must be an input or computed already, and still be read by a later layer
  std::vector<float> FloatValues(TensorId id, size_t sample) const;
  std::vector<float> QuantizedValues(const Graph& quantized, TensorId id, size_t sample) const;

  /// Returns how many tensors of both graphs are held.
  size_t held() const { return float_.held() + quantized_.held(); }

 private:
  void ComputeFloat(const Node& node);
  void Drop(TensorId original);

  const Graph& network_;
  PrefixValues float_, quantized_;
  std::map<TensorId, size_t> reads_left_;                      // by the float network's tensor
  std::map<TensorId, std::vector<TensorId>> quantized_forms_;  // by the float network's tensor
};

}  // namespace qconvert
