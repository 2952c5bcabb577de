// Runs two networks on the same samples and measures how far they are apart. Comes after runner/
// and samples/. Gates judge the result and report/ writes it.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/base/progress.h"
#include "lib/evaluation/comparison.h"
#include "lib/runner/compiled_graph.h"
#include "lib/runner/port.h"
#include "lib/samples/sample_reader.h"

namespace qconvert {

/// A compiled network with its ports, in the ONNX layout.
struct RunnableModel {
  RunnableModel(Graph graph, KernelSet kernels)
      : compiled(std::move(graph), {kernels}),
        inputs(InputPorts(compiled.graph())),
        outputs(OutputPorts(compiled.graph())) {}

  CompiledGraph compiled;
  std::vector<Port> inputs, outputs;
};

/// Returns the ranges of some outputs of a model.
///   outputs  indices into model.outputs
std::vector<std::optional<OutputRange>> RangesOf(const RunnableModel& model,
                                                 const std::vector<size_t>& outputs);

struct CompareOptions {
  bool layers = false;                       ///< compare the tensors inside too, matched by name
  const std::vector<int>* labels = nullptr;  ///< one class per sample; null: no accuracy
  bool label_maps = false;                   ///< count how the labels of the first output overlap
  std::function<void(const SampleResult&)> observe = {};  ///< called in the order of the samples
};

/// Compares `candidate` with `reference` on `samples` samples. Results are folded in the order of
/// the samples, so they do not depend on the number of threads.
///   Throws Error(kUsage) when inputs or outputs cannot be paired (by name, then by position), or
///   there are no outputs.
Comparison Compare(const RunnableModel& reference, const RunnableModel& candidate, size_t samples,
                   const SampleReader& read, const CompareOptions& options, ThreadPool& threads,
                   Progress& progress);

}  // namespace qconvert
