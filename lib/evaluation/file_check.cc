#include "lib/evaluation/file_check.h"

#include <utility>

#include "lib/passes/pipeline.h"

namespace qconvert {

Comparison CheckFile(const Trace& reference, Graph file, const SampleReader& read,
                     ThreadPool& threads, bool quiet, const std::vector<int>* labels) {
  RunPasses(kLoadPasses, file);
  const RunnableModel result(std::move(file), KernelSet::kFast);
  Progress progress("checking", reference.samples().size(), quiet);
  return CompareWithTrace(reference, result, read, threads, progress, labels);
}

}  // namespace qconvert
