#include "lib/convert/equalize_network.h"

#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/interrupt.h"
#include "lib/calibration/channel_extremes.h"
#include "lib/convert/make_file.h"

namespace qconvert {
namespace {

constexpr size_t kMostTrials = 8;

using Chain = std::set<std::string>;

/// A search, which knows the best choice so far.
class EqualizationSearch {
 public:
  EqualizationSearch(const std::function<FloatNetwork()>& load, const CalibrationSamples& samples,
                     const ConvertOptions& options, ThreadPool& threads)
      : load_(load), samples_(samples), options_(options), threads_(threads) {
    options_.quiet = true;
    options_.equalize = true;  // channels are observed
  }

  NetworkEqualization Find() && {
    std::vector<Chain> chains = Begin();
    found_.chains = chains.size();
    if (!chains.empty()) Try(chains);
    return std::move(found_);
  }

 private:
  /// Observes the network and makes the file without equalization. Returns the chains that there
  /// are.
  std::vector<Chain> Begin() {
    FloatNetwork network = load_();
    NetworkObservation observed = ObserveNetwork(network, samples_, options_, threads_);
    found_.ranges = ChannelRangesOf(network.graph(), observed.evidence);
    found_.before_db = found_.after_db = SqnrOf(network, std::move(observed));
    Graph graph = network.graph();
    return EqualizableChains(graph);
  }

  double SqnrOf(FloatNetwork& network, NetworkObservation observed) {
    return MakeFile(network, observed, samples_, options_, threads_).comparison->worst_sqnr_db();
  }

  /// Adds chains to those that are kept where that helps, else halves of them.
  void Try(std::span<const Chain> chains) {
    if (found_.trials >= kMostTrials) return;
    ThrowIfInterrupted();
    ++found_.trials;
    Chain firsts = found_.firsts;
    for (const Chain& chain : chains) firsts.insert(chain.begin(), chain.end());
    Equalized done;
    FloatNetwork network = load_();
    network.Apply([&](Graph& graph) { done = Equalize(graph, found_.ranges, firsts); });
    const double after = SqnrOf(network, ObserveNetwork(network, samples_, options_, threads_));
    if (after > found_.after_db) {
      found_.after_db = after;
      found_.firsts = std::move(firsts);
      found_.done = done;
      found_.kept_chains += chains.size();
    } else if (chains.size() > 1) {
      const size_t half = chains.size() / 2;
      Try(chains.subspan(0, half));
      Try(chains.subspan(half));
    }
  }

  const std::function<FloatNetwork()>& load_;
  const CalibrationSamples& samples_;
  ConvertOptions options_;
  ThreadPool& threads_;
  NetworkEqualization found_;
};

}  // namespace

std::string ToText(const NetworkEqualization& equalization) {
  if (equalization.chains == 0) return "there are no pairs of operators to equalize";
  const Equalized& done = equalization.done;
  std::string text = fmt::format(
      "{} of {} chains kept ({} pairs), {:.1f} dB without, {:.1f} dB with, {} files compared",
      equalization.kept_chains, equalization.chains, done.pairs, equalization.before_db,
      equalization.after_db, equalization.trials);
  if (done.dropped_caps > 0) text += fmt::format("; {} ReLU6 became ReLU", done.dropped_caps);
  if (done.kept_channels > 0) {
    text += fmt::format("; {} channels reach 6 and keep their scale", done.kept_channels);
  }
  if (done.absorbed > 0) text += fmt::format("; {} biases absorbed", done.absorbed);
  return text;
}

NetworkEqualization FindEqualization(const std::function<FloatNetwork()>& load,
                                     const CalibrationSamples& samples,
                                     const ConvertOptions& options, ThreadPool& threads) {
  return EqualizationSearch(load, samples, options, threads).Find();
}

void ApplyEqualization(const NetworkEqualization& equalization, FloatNetwork& network) {
  network.Apply([ranges = equalization.ranges, firsts = equalization.firsts,
                 text = ToText(equalization)](Graph& graph) {
    Equalize(graph, ranges, firsts);
    graph.metadata["equalization"] = text;
  });
}

}  // namespace qconvert
