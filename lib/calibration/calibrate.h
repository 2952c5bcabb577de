// Samples in, evidence out: runs the float graph and observes what its tensors hold. Stands between
// samples/ and choose_ranges.h.
#pragma once

#include <functional>
#include <span>

#include "lib/base/parallel_for.h"
#include "lib/base/progress.h"
#include "lib/calibration/evidence.h"
#include "lib/runner/session.h"

namespace qconvert {

/// Writes sample i into a session's inputs; called from several threads at once.
using FeedFunction = std::function<void(size_t i, Session& session)>;

/// Is shown every tensor of every sample that was computed; called from several threads at once.
using SampleObserver =
    std::function<void(size_t sample, TensorId id, std::span<const std::byte> bytes)>;

/// Observes statistics over a run of samples, each sample by one inference of the float graph.
/// Samples are folded in order, so the evidence does not depend on the number of threads.
///   kinds     what is gathered; each kind says of which subjects
///   observer  is shown every tensor too; may be null
///   Throws Error(kUnusable) when a tensor becomes NaN or infinite, naming the tensor and sample.
Evidence Calibrate(const CompiledGraph& compiled, const SampleRun& samples,
                   const FeedFunction& feed, std::span<const StatisticKind* const> kinds,
                   ThreadPool& threads, Progress& progress,
                   const SampleObserver& observer = nullptr);

}  // namespace qconvert
