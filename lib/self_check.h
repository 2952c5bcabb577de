// A conversion's check of its own result.
#pragma once

#include "lib/base/parallel_for.h"
#include "lib/graph/graph.h"
#include "lib/qconvert.h"
#include "lib/samples/sample_set.h"

namespace qconvert {

/// Runs the finished file beside the float network on some of the samples and writes into the
/// summary how they agree and which layers are worst.
///   reference  float, after the passes
///   candidate  as the file's reader returns it
void CheckResult(Graph reference, Graph candidate, const SampleSet& samples, bool quiet,
                 ThreadPool& threads, ConvertSummary& summary);

}  // namespace qconvert
