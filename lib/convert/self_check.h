// A conversion's check of its own result.
#pragma once

#include "lib/base/parallel_for.h"
#include "lib/evaluation/trace.h"
#include "lib/qconvert.h"
#include "lib/samples/sample_set.h"

namespace qconvert {

/// Chooses the samples that CheckResult will want, and what of the float network on them.
Trace TraceForCheck(const Graph& reference, const SampleSet& samples);

/// Runs the finished file on the traced samples and writes into the summary how it agrees with the
/// float network and which layers are worst.
///   candidate  as the file's reader returns it
void CheckResult(const Trace& reference, Graph candidate, const SampleSet& samples, bool quiet,
                 ThreadPool& threads, ConvertSummary& summary);

}  // namespace qconvert
