// The float network as something that can be run as often as a method asks. Stands between
// calibration/, whose statistics it gathers, and quantization/, which reads its graph.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/unchanged_files.h"
#include "lib/calibration/calibrate.h"
#include "lib/network/load_onnx.h"
#include "lib/samples/sample_reader.h"

namespace qconvert {

/// Where a float network comes from.
struct NetworkSource {
  std::string path;
  ImportOptions import;
  Layout layout = Layout::kNhwc;
  std::string dump_passes;  ///< folder for the text form after each pass of the first load
};

/// Changes a graph after its float passes: an equalization of its weights, say. It is replayed
/// whenever the graph is loaded, so it must do the same each time.
using Rewrite = std::function<void(Graph& graph)>;

/// Writes sample i into the inputs of a session of `graph`; any thread may call it.
using NetworkFeed = std::function<void(const Graph& graph, size_t i, Session& session)>;

/// Returns what feeds a network with samples in the ONNX layout.
NetworkFeed FeedFrom(SampleReader read);

/// How a network is run.
struct RunSettings {
  ThreadPool& threads;
  Progress& progress;
  FloatPrecision precision = FloatPrecision::kFloat32;
  SampleObserver observer = nullptr;  ///< is shown every tensor; may be null
};

/// A float network whose weights are in memory once: as the graph that quantization reads, or as
/// the compiled graph that runs. It changes from one form to the other when it is asked to, by
/// loading the file again, which takes a fifth of a second for 100 MB.
class FloatNetwork {
 public:
  /// Whether a rewrite keeps a network's results, but for the order of float operations.
  enum class Results : uint8_t { kSame, kOther };

  /// Loads the network from its file.
  ///   Throws Error as LoadOnnx does; later, whenever it loads again, as RequireUnchanged.
  explicit FloatNetwork(const NetworkSource& source);

  /// Loads the network by `load`, which gives the same graph whenever it is called.
  explicit FloatNetwork(std::function<Graph()> load);

  /// Throws Error(kUnusable) when the model's file, or one that holds its weights, has changed
  /// since the network was made.
  void RequireUnchanged() const;

  /// Returns the network with its weights. The reference holds until the next Run.
  const Graph& graph();

  /// Returns the network in the form that it has: some weights may be gone.
  const Graph& structure() { return compiled_ ? compiled_->graph() : graph(); }

  /// Frees the network, in whichever form it is. What needs it next loads the file again.
  void Release();

  /// Rewrites the network, now and after each later load. To be called before the network is
  /// observed: evidence, ranges and traces from before describe another network.
  ///   results  what the rewrite makes of the network's results
  void Apply(Rewrite rewrite, Results results = Results::kSame);

  /// Loads the network once more, without the rewrites that change its results.
  FloatNetwork WithItsOwnResults() const;

  /// Runs the network on samples and returns what they show of its tensors.
  ///   kinds  what is gathered; none: only settings.observer sees the tensors
  ///   Throws Error(kUnusable) when a tensor becomes NaN or infinite, naming tensor and sample.
  Evidence Run(const SampleRun& samples, const NetworkFeed& feed,
               std::span<const StatisticKind* const> kinds, const RunSettings& settings);

 private:
  Graph Load() const;
  const CompiledGraph& Compile(FloatPrecision precision);

  UnchangedFiles files_;
  std::function<Graph()> load_;
  std::vector<std::pair<Rewrite, Results>> rewrites_;
  std::optional<Graph> graph_;  // this or the next, never both
  std::unique_ptr<CompiledGraph> compiled_;
  FloatPrecision precision_ = FloatPrecision::kFloat32;  // of compiled_
};

}  // namespace qconvert
