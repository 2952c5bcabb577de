#include "lib/calibration/calibrate.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "lib/base/error.h"
#include "lib/base/in_order.h"
#include "lib/base/interrupt.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

/// What one sample shows.
struct Observation {
  Ranges ranges;
  std::map<TensorId, MomentSums> sums;
};

/// Returns the tensors that weights multiply.
std::set<TensorId> WeightedTensors(const Graph& graph) {
  std::set<TensorId> weighted;
  for (const Node& node : graph.nodes()) {
    for (size_t i = 1; i < node.inputs().size(); ++i) {
      const bool weights = OpOf(node).quant.Operand(i).kind == OperandRule::kWeight;
      if (weights && graph.tensor(node.input(0)).rank() > 0) weighted.insert(node.input(0));
    }
  }
  return weighted;
}

[[noreturn]] void FailAsNotFinite(const Graph& graph, TensorId id, size_t sample) {
  const Node* node = graph.Producer(id);
  const std::string context = node == nullptr ? "" : "node '" + node->name + "': ";
  Fail(ErrorKind::kUnusable, context + "tensor '" + graph.tensor(id).name +
                                 "' becomes NaN or infinite on sample " + std::to_string(sample));
}

/// Runs one sample and returns what its tensors held.
Observation ObserveSample(const Graph& graph, const std::set<TensorId>& weighted, Session& session,
                          size_t sample, const SampleObserver& observer) {
  Observation observed{Ranges(static_cast<size_t>(graph.tensor_count())), {}};
  session.Run([&](TensorId id, std::span<const std::byte> bytes) {
    if (observer) observer(sample, id, bytes);
    const Tensor& tensor = graph.tensor(id);
    if (!tensor.is_float()) return;
    const std::span values(reinterpret_cast<const float*>(bytes.data()),
                           bytes.size() / sizeof(float));
    const std::optional<Range> range = FiniteRange(values);
    if (!range) FailAsNotFinite(graph, id, sample);
    observed.ranges[static_cast<size_t>(id)] = range;
    if (weighted.count(id) == 0 || values.empty()) return;
    observed.sums[id].Add(values, static_cast<size_t>(tensor.shape.back()));
  });
  return observed;
}

/// Folds samples, in their order, into one calibration.
class CalibrationRecorder {
 public:
  CalibrationRecorder(size_t tensors, const CalibrationOptions& options)
      : ranges_(tensors, options.method, options.decay) {}

  void Add(const Observation& observed) {
    ranges_.Add(observed.ranges);
    for (const auto& [id, sums] : observed.sums) sums_[id].Add(sums);
  }

  Calibration Result() const {
    Calibration result{ranges_.Relaxed(), {}};
    for (const auto& [id, sums] : sums_) result.moments[id] = sums.Moments();
    return result;
  }

 private:
  RangeRecorder ranges_;
  std::map<TensorId, MomentSums> sums_;
};

}  // namespace

const ChannelMoments* FindMoments(const Moments& moments, TensorId id) {
  const auto found = moments.find(id);
  return found == moments.end() ? nullptr : &found->second;
}

Calibration Calibrate(const CompiledGraph& compiled, size_t samples, const FeedFunction& feed,
                      const CalibrationOptions& options, ThreadPool& threads, Progress& progress,
                      const SampleObserver& observer) {
  const Graph& graph = compiled.graph();
  const std::set<TensorId> weighted = WeightedTensors(graph);
  const auto workers = static_cast<size_t>(threads.threads());
  std::vector<std::unique_ptr<Session>> sessions(workers);
  CalibrationRecorder recorder(static_cast<size_t>(graph.tensor_count()), options);
  InOrder<Observation> results([&](size_t, const Observation& seen) { recorder.Add(seen); });
  threads.Run(static_cast<int>(samples), [&](int index, int worker) {
    ThrowIfInterrupted();
    auto& session = sessions[static_cast<size_t>(worker)];
    if (!session) session = std::make_unique<Session>(compiled);
    const auto sample = static_cast<size_t>(index);
    feed(sample, *session);
    results.Add(sample, ObserveSample(graph, weighted, *session, sample, observer));
    progress.Advance();
  });
  return recorder.Result();
}

}  // namespace qconvert
