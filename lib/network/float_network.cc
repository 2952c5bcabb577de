#include "lib/network/float_network.h"

#include <utility>

#include "lib/base/free_memory.h"
#include "lib/onnx/external_files.h"
#include "lib/runner/port.h"

namespace qconvert {
namespace {

/// Returns the files that a model is made of: its own and those of its weights.
std::vector<std::string> FilesOf(const std::string& model) {
  std::vector<std::string> files = ExternalFiles(model);
  files.push_back(model);
  return files;
}

/// Returns what loads the file of a source.
std::function<Graph()> LoaderOf(const NetworkSource& source) {
  return [source, first = true]() mutable {
    const std::string dump = std::exchange(first, false) ? source.dump_passes : "";
    return LoadOnnx(source.path, source.import, source.layout, dump);
  };
}

}  // namespace

NetworkFeed FeedFrom(SampleReader read) {
  return [read = std::move(read)](const Graph& graph, size_t i, Session& session) {
    const auto values = read(i);
    const std::vector<Port> ports = InputPorts(graph);
    for (size_t k = 0; k < ports.size(); ++k) {
      WriteInput(graph, ports[k], values.at(k), session.Input(k));
    }
  };
}

FloatNetwork::FloatNetwork(const NetworkSource& source)
    : files_(FilesOf(source.path)), load_(LoaderOf(source)), graph_(Load()) {}

FloatNetwork::FloatNetwork(std::function<Graph()> load)
    : files_({}), load_(std::move(load)), graph_(Load()) {}

void FloatNetwork::RequireUnchanged() const { files_.Require(); }

Graph FloatNetwork::Load() const {
  files_.Require();
  Graph graph = load_();
  for (const auto& rewrite : rewrites_) rewrite.first(graph);
  TrimMemory();
  return graph;
}

const Graph& FloatNetwork::graph() {
  if (graph_) return *graph_;
  compiled_.reset();
  TrimMemory();
  return graph_.emplace(Load());
}

void FloatNetwork::Release() {
  graph_.reset();
  compiled_.reset();
  TrimMemory();
}

void FloatNetwork::Apply(Rewrite rewrite, Results results) {
  graph();
  rewrite(*graph_);
  rewrites_.emplace_back(std::move(rewrite), results);
}

FloatNetwork FloatNetwork::WithItsOwnResults() const {
  FloatNetwork other(load_);
  other.files_ = files_;
  for (const auto& [rewrite, results] : rewrites_) {
    if (results == Results::kSame) other.Apply(rewrite);
  }
  return other;
}

const CompiledGraph& FloatNetwork::Compile(FloatPrecision precision) {
  if (compiled_ && precision_ == precision) return *compiled_;
  graph();
  Graph graph = std::move(*graph_);
  graph_.reset();
  compiled_ =
      std::make_unique<CompiledGraph>(std::move(graph), RunnerOptions{.precision = precision});
  precision_ = precision;
  TrimMemory();
  return *compiled_;
}

Evidence FloatNetwork::Run(const SampleRun& samples, const NetworkFeed& feed,
                           std::span<const StatisticKind* const> kinds,
                           const RunSettings& settings) {
  const CompiledGraph& compiled = Compile(settings.precision);
  const FeedFunction feed_session = [&](size_t i, Session& session) {
    feed(compiled.graph(), i, session);
  };
  return Calibrate(compiled, samples, feed_session, kinds, settings.threads, settings.progress,
                   settings.observer);
}

}  // namespace qconvert
