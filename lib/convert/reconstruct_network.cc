#include "lib/convert/reconstruct_network.h"

#include "lib/convert/rounding_samples.h"
#include "lib/tuning/reconstruct.h"

namespace qconvert {

ReconstructionSummary ReconstructNetwork(const Graph& network, const NetworkObservation& observed,
                                         const CalibrationSamples& samples,
                                         const ConvertOptions& options, ThreadPool& threads,
                                         BuiltGraph& built) {
  const BlockedNetwork blocked(network, built.graph, built.originals);
  const size_t bytes = blocked.BytesPerSample(threads);
  const std::vector<size_t> chosen = BlockSamples(observed, samples, options, bytes);
  const SampleReader read = samples.reader();
  BlockSettings settings;
  settings.seed = *options.seed;
  Progress progress("reconstructing blocks", blocked.blocks().size(), options.quiet);
  ReconstructionReport report = Reconstruct(
      blocked, chosen.size(), [&](size_t i) { return read(chosen[i]); }, settings, threads,
      progress);
  return {chosen.size(),   settings.iterations,   report.blocks,
          report.improved, chosen.size() * bytes, std::move(report.left_out)};
}

}  // namespace qconvert
