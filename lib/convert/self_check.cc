#include "lib/convert/self_check.h"

#include <algorithm>

#include "lib/passes/pipeline.h"

namespace qconvert {
namespace {

constexpr size_t kCheckedSamples = 8;  // what is wrong shows on few; they all take time
constexpr size_t kWorstLayers = 3;

void Summarize(const Comparison& comparison, ConvertSummary& summary) {
  summary.checked_samples = comparison.samples;
  summary.agreement = comparison.agreement;
  for (const OutputComparison& output : comparison.outputs) {
    summary.outputs.push_back({output.name, output.errors.sqnr_db(), output.errors.largest_error(),
                               output.constant, output.saturated, output.correlation.value()});
  }
  auto& worst = summary.worst_layers;
  for (const LayerComparison& layer : comparison.layers) {
    worst.push_back({layer.node, layer.kind, layer.errors.sqnr_db()});
  }
  std::stable_sort(worst.begin(), worst.end(), [](const LayerSummary& a, const LayerSummary& b) {
    return a.sqnr_db < b.sqnr_db;
  });
  worst.resize(std::min(worst.size(), kWorstLayers));
  if (comparison.degenerate()) {
    summary.warnings.push_back("the quantized network's answer no longer depends on its input");
  }
}

}  // namespace

Trace TraceForCheck(const Graph& reference, const SampleSet& samples) {
  return {reference, samples.size(), kCheckedSamples};
}

void CheckResult(const Trace& reference, Graph candidate, const SampleSet& samples, bool quiet,
                 ThreadPool& threads, ConvertSummary& summary) {
  RunPasses(kLoadPasses, candidate);
  const RunnableModel result(std::move(candidate), KernelSet::kFast);
  Progress progress("checking", reference.samples().size(), quiet);
  const auto read = [&](size_t i) { return samples.Read(i); };
  Summarize(CompareWithTrace(reference, result, read, threads, progress), summary);
}

}  // namespace qconvert
