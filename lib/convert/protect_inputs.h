// No output of a run overwrites what the run reads. The first thing that Convert, Evaluate and
// Benchmark do.
#pragma once

#include <string>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

/// Checks that the outputs of a run are neither its inputs (the models with the files of their
/// weights, samples, labels) nor each other, however their names are spelled. Nothing is created.
///   output  the file that the conversion writes
///   recipe  that a search writes; empty: none
///   dumps   the folders and files of --dump-passes
///   Throws Error(kUsage) that names the output and what it is; Error(kUnusable) when a model or a
///   folder of samples cannot be read.
void ProtectInputs(const ConvertOptions& options, const std::string& output,
                   const std::string& recipe, const std::vector<std::string>& dumps);
void ProtectInputs(const EvaluateOptions& options);
void ProtectInputs(const BenchmarkOptions& options);
void ProtectInputs(const TuneOptions& options, const std::string& output);

/// Checks that the reports of a run could be written; an empty name is none.
///   Throws Error(kIo) with the system's reason.
void RequireReportable(const std::vector<std::string>& reports);

}  // namespace qconvert
