// Runs two networks on the same samples and measures how far they are apart. Comes after runner/
// and samples/; gate.h judges the result and report.h writes it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/base/progress.h"
#include "lib/math/sqnr.h"
#include "lib/runner/compiled_graph.h"
#include "lib/runner/port.h"

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

/// Returns the values of one sample, one for each input of the reference, in the ONNX layout.
using SampleReader = std::function<std::vector<std::vector<std::byte>>(size_t i)>;

struct CompareOptions {
  /// Of every so-manyth sample the tensors inside are compared too, matched by name; 0: of none.
  size_t layers_every = 0;
  const std::vector<int>* labels = nullptr;  ///< one class per sample; null: no accuracy
};

/// One output over all samples.
struct OutputComparison {
  std::string name;
  ErrorSums errors;
  bool constant = false;   ///< the candidate answers every sample alike, the reference does not
  bool saturated = false;  ///< nearly all of the candidate's values are one, the signal is gone
};

/// One tensor inside, under the name of the reference's node that computes it.
struct LayerComparison {
  std::string node;
  std::string kind;
  std::string tensor;
  ErrorSums errors;
};

/// How many samples a network classified right.
struct Accuracy {
  size_t top1 = 0;
  size_t top5 = 0;
};

struct Comparison {
  size_t samples = 0;
  size_t agreement = 0;  ///< samples on which both have the same top-1, over the first output
  std::optional<Accuracy> reference, candidate;  ///< when there are labels
  std::vector<OutputComparison> outputs;
  std::vector<LayerComparison> layers;  ///< in the order of the reference's nodes

  bool degenerate() const;
};

/// Compares `candidate` with `reference` on `samples` samples. Results are folded in the order of
/// the samples, so they do not depend on the number of threads.
///   Throws Error(kUsage) when inputs or outputs cannot be paired (by name, then by position), or
///   there are no outputs.
Comparison Compare(const RunnableModel& reference, const RunnableModel& candidate, size_t samples,
                   const SampleReader& read, const CompareOptions& options, ThreadPool& threads,
                   Progress& progress);

}  // namespace qconvert
