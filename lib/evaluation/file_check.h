// Whether a finished file computes what the float network does. A conversion checks its own result
// so, and search/ scores plans.
#pragma once

#include "lib/evaluation/trace.h"

namespace qconvert {

/// Runs a file on the samples of a trace and compares it with the traced network.
///   file    as the file's reader returns it; used up
///   quiet   shows no progress
///   labels  one class for each traced sample; null: no accuracy
///   Throws Error as CompareWithTrace does.
Comparison CheckFile(const Trace& reference, Graph file, const SampleReader& read,
                     ThreadPool& threads, bool quiet, const std::vector<int>* labels = nullptr);

}  // namespace qconvert
