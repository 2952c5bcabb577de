// What a network computed on some samples, kept small. Another network can be compared with it
// after its weights have left memory. A conversion fills it while it calibrates; file_check.h reads
// it.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/base/progress.h"
#include "lib/evaluation/compare.h"
#include "lib/network/float_network.h"

namespace qconvert {

/// What one inference computed, in real units.
struct SampleTrace {
  std::vector<std::vector<float>> outputs;        ///< whole, in the ONNX layout
  std::map<TensorId, std::vector<float>> layers;  ///< of each, values evenly spread over it
};

/// The traces of a network on chosen samples.
class Trace {
 public:
  /// Chooses `count` of `samples` samples (all, if they are fewer), spread evenly.
  Trace(const Graph& graph, size_t samples, size_t count);
  /// Traces these samples, ascending.
  Trace(const Graph& graph, std::vector<size_t> samples);

  /// Keeps what it wants of a tensor that was computed; any thread may call it for its own sample.
  void Add(size_t sample, TensorId id, std::span<const std::byte> bytes);

  const Graph& graph() const { return graph_; }  ///< without constants
  const std::vector<Port>& inputs() const { return inputs_; }
  const std::vector<Port>& outputs() const { return outputs_; }
  const std::vector<size_t>& samples() const { return samples_; }
  const SampleTrace& sample(size_t k) const { return traces_.at(k); }  ///< of samples()[k]

 private:
  Graph graph_;
  std::vector<Port> inputs_, outputs_;
  std::vector<size_t> samples_;  // ascending
  std::vector<SampleTrace> traces_;
};

/// Runs a network on the samples that its trace wants.
void TraceSamples(FloatNetwork& network, const SampleReader& read, ThreadPool& threads,
                  Progress& progress, Trace& trace);

/// The same of a network that stands ready.
///   trace  of the network's graph
void TraceSamples(const RunnableModel& network, const SampleReader& read, ThreadPool& threads,
                  Progress& progress, Trace& trace);

/// Compares `candidate` with a traced network on the traced samples, the tensors inside too: these
/// by the values that were kept. Results do not depend on the number of threads.
///   labels  one class for each traced sample; null: no accuracy
///   Throws Error(kUsage) when inputs or outputs cannot be paired, or there are no outputs.
Comparison CompareWithTrace(const Trace& reference, const RunnableModel& candidate,
                            const SampleReader& read, ThreadPool& threads, Progress& progress,
                            const std::vector<int>* labels = nullptr);

}  // namespace qconvert
