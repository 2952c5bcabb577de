// The order in which graphs are rewritten: after import (before calibration and quantization), just
// before a file is written, and after a file was read.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/passes/pass.h"

namespace qconvert {

/// Where the text form of a graph goes after each pass.
struct DumpOptions {
  std::string directory = "";  ///< empty: nowhere
};

/// Runs the passes in order and verifies the graph before the first and after each.
///   Throws Error(kUnusable) when the graph is malformed to begin with, Error(kInternal) when a
///   pass leaves it so; a pass's errors have its name in front. Error(kIo) with the system's reason
///   when a dump cannot be written.
void RunPasses(std::span<const Pass> passes, Graph& graph, const DumpOptions& dump = {});

/// Returns the folder and the files that RunPasses writes with these options; none without a
/// folder.
std::vector<std::string> DumpPaths(std::span<const Pass> passes, const DumpOptions& dump);

/// Runs both lists of float passes.
///   dump  into the folders "simplify" and "fold" of its directory
void RunFloatPasses(Graph& graph, const DumpOptions& dump = {});

/// Returns what RunFloatPasses writes, as DumpPaths does.
std::vector<std::string> FloatDumpPaths(const DumpOptions& dump);

/// Imported graph -> its patterns are recognised and its layouts are settled. Batch norms still
/// stand, as fine-tuning will need them.
extern const std::span<const Pass> kSimplifyingPasses;
/// Simplified graph -> batch norms and activations are part of their producers: the graph that is
/// calibrated, quantized and, but for window padding, can be written.
extern const std::span<const Pass> kFoldingPasses;
/// Float or quantized graph -> a graph that TFLite can express.
extern const std::span<const Pass> kExportPasses;
/// A graph read from a file -> one that our runner executes fast.
extern const std::span<const Pass> kLoadPasses;

}  // namespace qconvert
