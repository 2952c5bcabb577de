#include "lib/calibration/calibrate.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lib/base/error.h"
#include "lib/math/finite_range.h"
#include "lib/runner/for_each_sample.h"

namespace qconvert {
namespace {

[[noreturn]] void FailAsNotFinite(const Graph& graph, TensorId id, size_t sample) {
  const Node* node = graph.Producer(id);
  const std::string context = node == nullptr ? "" : "node '" + node->name + "': ";
  Fail(ErrorKind::kUnusable, context + "tensor '" + graph.tensor(id).name +
                                 "' becomes NaN or infinite on sample " + std::to_string(sample));
}

/// What is observed of a graph's tensors, and the evidence of one sample.
class SampleWatch {
 public:
  SampleWatch(const Graph& graph, std::span<const StatisticKind* const> kinds) : graph_(graph) {
    std::map<Evidence::Key, Watched> watched;
    for (const StatisticKind* kind : kinds) {
      Check(kind->observe != nullptr, "a statistic that one network cannot give");
      for (Subject& subject : kind->subjects(graph)) {
        const Evidence::Key key{std::string(kind->name), subject.name};
        const bool is_new = watched.try_emplace(key, Watched{kind, std::move(subject)}).second;
        Check(is_new, "two subjects of one name");
      }
    }
    Evidence::Keys keys;
    by_tensor_.resize(static_cast<size_t>(graph.tensor_count()));
    for (auto& [key, entry] : watched) {
      entry.place = keys.size();
      keys.push_back(key);
      by_tensor_[static_cast<size_t>(entry.subject.tensor)].push_back(std::move(entry));
    }
    keys_ = std::make_shared<const Evidence::Keys>(std::move(keys));
  }

  /// Runs one sample, which the session has in its inputs, and returns what its tensors tell.
  Evidence Run(size_t sample, Session& session, const SampleObserver& observer) const {
    std::vector<std::unique_ptr<Statistic>> statistics(keys_->size());
    session.Run([&](TensorId id, std::span<const std::byte> bytes) {
      if (observer) observer(sample, id, bytes);
      if (graph_.tensor(id).is_float()) Observe(sample, id, bytes, statistics);
    });
    return {{sample, sample + 1}, keys_, std::move(statistics)};
  }

 private:
  struct Watched {
    const StatisticKind* kind;
    Subject subject;
    size_t place = 0;  // in the evidence
  };

  void Observe(size_t sample, TensorId id, std::span<const std::byte> bytes,
               std::vector<std::unique_ptr<Statistic>>& statistics) const {
    const std::span values(reinterpret_cast<const float*>(bytes.data()),
                           bytes.size() / sizeof(float));
    const std::optional<Range> range = FiniteRange(values);
    if (!range) FailAsNotFinite(graph_, id, sample);
    for (const Watched& watched : by_tensor_[static_cast<size_t>(id)]) {
      statistics[watched.place] =
          watched.kind->observe(graph_, watched.subject, {sample, values, *range});
    }
  }

  const Graph& graph_;
  std::shared_ptr<const Evidence::Keys> keys_;
  std::vector<std::vector<Watched>> by_tensor_;
};

}  // namespace

Evidence Calibrate(const CompiledGraph& compiled, const SampleRun& samples,
                   const FeedFunction& feed, std::span<const StatisticKind* const> kinds,
                   ThreadPool& threads, Progress& progress, const SampleObserver& observer) {
  const SampleWatch watch(compiled.graph(), kinds);
  Evidence evidence;
  ForEachSample(
      samples.count(), threads, progress, [&] { return Session(compiled); },
      [&](size_t i, Session& session) {
        feed(samples.first + i, session);
        return watch.Run(samples.first + i, session, observer);
      },
      [&](size_t, Evidence&& seen) { evidence.Append(std::move(seen)); });
  return evidence;
}

}  // namespace qconvert
