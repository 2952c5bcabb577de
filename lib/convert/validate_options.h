// What a run is asked for makes sense. The first thing that Convert, Evaluate and Benchmark do, so
// that the API and the command line refuse the same with the same words.
#pragma once

#include <string>
#include <string_view>

#include "lib/evaluation/gate.h"
#include "lib/graph/graph.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Returns the options with every default in its place: no optional of ConvertOptions itself is
/// unset, and 16 bits are kWeightsOnly.
///   Throws Error(kUsage) for a value that cannot be, and for options that cannot take effect: it
///   names their flags, why, and which to drop.
ConvertOptions Validated(const ConvertOptions& options);

/// Checks the options of a comparison that need no model. lib/evaluation/gate.h checks its limits.
///   Throws Error(kUsage) as above.
void Validate(const EvaluateOptions& options);

/// Checks the options of a benchmark.
///   Throws Error(kUsage) as above.
void Validate(const BenchmarkOptions& options);

/// Returns whether weights become steps of scales.
///   options  as Validated returns them
bool HasWeightScales(const ConvertOptions& options);

/// Returns whether scales of weights are searched, which needs moments of what they multiply.
///   options  as Validated returns them
bool SearchesWeightScales(const ConvertOptions& options);

/// Returns the user's limits on the check.
GateLimits LimitsOf(const ConvertOptions& options);

/// Returns whether the user sets a limit on the check.
bool HasLimits(const ConvertOptions& options);

/// Returns whether samples are split into parts that calibrate, decide and judge.
bool SplitsSamples(const ConvertOptions& options);

/// Returns the flag that asks for weights that are rounded by what layers read on samples, such as
/// "--rounding gptq", or "--recipe" where one of its rows does; empty: nothing asks for it.
std::string FlagThatRoundsBySamples(const ConvertOptions& options);

/// Returns whether weights of any layer are rounded by what it reads on samples.
bool RoundsBySamples(const ConvertOptions& options);

/// Returns whether blocks are reconstructed when their layers are rounded.
bool RoundsInBlocks(const ConvertOptions& options);

/// Requires what limits on the check need: samples, and a top-1 for --min-agreement.
///   network  float; its structure is enough
///   samples  whether there are any
///   Throws Error(kUsage) naming the flags.
void RequireJudgeable(const ConvertOptions& options, const Graph& network, bool samples);

/// Requires that the pattern of a flag, such as --exclude, names a node of the float network after
/// its passes; empty: nothing is asked for.
///   Throws Error(kUsage) with the nearest name.
void RequireNamed(const Graph& graph, std::string_view flag, const std::string& pattern);

}  // namespace qconvert
