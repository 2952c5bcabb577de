#include "lib/calibration/calibrate.h"

#include <algorithm>
#include <memory>

#include "lib/base/error.h"
#include "lib/base/interrupt.h"

namespace qconvert {
namespace {

/// Runs one sample and returns what its tensors ranged over.
Ranges ObserveSample(const Graph& graph, Session& session, size_t sample) {
  Ranges observed(static_cast<size_t>(graph.tensor_count()));
  session.Run([&](TensorId id, std::span<const std::byte> bytes) {
    if (!graph.tensor(id).is_float()) return;
    const std::span values(reinterpret_cast<const float*>(bytes.data()),
                           bytes.size() / sizeof(float));
    const std::optional<Range> range = FiniteRange(values);
    if (!range) {
      const Node* node = graph.Producer(id);
      const std::string context = node == nullptr ? "" : "node '" + node->name + "': ";
      Fail(ErrorKind::kUnusable, context + "tensor '" + graph.tensor(id).name +
                                     "' becomes NaN or infinite on sample " +
                                     std::to_string(sample));
    }
    observed[static_cast<size_t>(id)] = range;
  });
  return observed;
}

}  // namespace

Ranges Calibrate(const CompiledGraph& compiled, size_t samples, const FeedFunction& feed,
                 const CalibrationOptions& options, ThreadPool& threads, Progress& progress) {
  const Graph& graph = compiled.graph();
  const auto workers = static_cast<size_t>(threads.threads());
  std::vector<std::unique_ptr<Session>> sessions(workers);
  RangeRecorder recorder(static_cast<size_t>(graph.tensor_count()), options.method, options.decay);
  const size_t chunk_samples = 8 * workers;  // enough for the workers to even out
  for (size_t first = 0; first < samples; first += chunk_samples) {
    std::vector<Ranges> observed(std::min(chunk_samples, samples - first));
    threads.Run(static_cast<int>(observed.size()), [&](int index, int worker) {
      ThrowIfInterrupted();
      auto& session = sessions[static_cast<size_t>(worker)];
      if (!session) session = std::make_unique<Session>(compiled);
      const size_t sample = first + static_cast<size_t>(index);
      feed(sample, *session);
      observed[static_cast<size_t>(index)] = ObserveSample(graph, *session, sample);
      progress.Advance();
    });
    for (const Ranges& ranges : observed) recorder.Add(ranges);
  }
  return recorder.Relaxed();
}

}  // namespace qconvert
