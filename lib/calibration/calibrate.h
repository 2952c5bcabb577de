// Samples in; a range per tensor, and the moments of what weights multiply, out: runs the float
// graph and watches every tensor. Stands between samples/ and quantization/.
#pragma once

#include <functional>
#include <map>

#include "lib/base/parallel_for.h"
#include "lib/base/progress.h"
#include "lib/calibration/range_recorder.h"
#include "lib/math/channel_moments.h"
#include "lib/runner/session.h"

namespace qconvert {

struct CalibrationOptions {
  RangeMethod method = RangeMethod::kMovingAverage;
  float decay = 0.95F;  ///< of the moving average
};

/// Moments of the tensors that weights multiply, by tensor id.
using Moments = std::map<TensorId, ChannelMoments>;

/// Returns the moments of one tensor; null when there are none.
const ChannelMoments* FindMoments(const Moments& moments, TensorId id);

/// What was seen of the tensors.
struct Calibration {
  Ranges ranges;    ///< by tensor id
  Moments moments;  ///< of channels, the last axis
};

/// Writes sample i into a session's inputs; called from several threads at once.
using FeedFunction = std::function<void(size_t i, Session& session)>;

/// Is shown every tensor of every sample that was computed; called from several threads at once.
using SampleObserver =
    std::function<void(size_t sample, TensorId id, std::span<const std::byte> bytes)>;

/// Observes the range of every float tensor over `samples` inferences of the float graph, and the
/// moments of the channels that convolutions and matrix products read.
/// Samples are folded in order whatever the number of threads, so the result does not depend on it;
/// memory does not depend on the number of samples.
///   observer  is shown the same tensors; may be null
///   result    by tensor id of compiled.graph()
///   Throws Error(kUnusable) when a tensor becomes NaN or infinite, naming the tensor and sample.
Calibration Calibrate(const CompiledGraph& compiled, size_t samples, const FeedFunction& feed,
                      const CalibrationOptions& options, ThreadPool& threads, Progress& progress,
                      const SampleObserver& observer = nullptr);

}  // namespace qconvert
