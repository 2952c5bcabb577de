#include "lib/convert/rounding_samples.h"

#include <algorithm>
#include <numeric>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/convert/validate_options.h"
#include "lib/network/prefix_run.h"

namespace qconvert {
namespace {

constexpr size_t kMostCompared = 8;             // to correct biases: more gain little
constexpr size_t kMostRounded = 64;             // to round by: thousands of patches of most layers
constexpr size_t kMostReconstructed = 512;      // blocks have more to learn by heart
constexpr size_t kMostBytes = size_t{1} << 30;  // of the activations of all of them

std::vector<size_t> AllOf(size_t count) {
  std::vector<size_t> all(count);
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

/// Returns the samples that weights may be rounded by: those that the file is not compared on, for
/// weights fit the samples that they were rounded by; all where these are too few.
std::vector<size_t> SamplesToRoundBy(size_t all, const Trace& compared) {
  std::vector<size_t> left = AllOf(all);
  if (all >= compared.samples().size() + kFewestCompared) {
    std::erase_if(left, [&](size_t sample) {
      return std::ranges::binary_search(compared.samples(), sample);
    });
  }
  return left;
}

std::vector<size_t> Spread(const std::vector<size_t>& offered, size_t count) {
  std::vector<size_t> chosen;
  for (size_t i = 0; i < count; ++i) chosen.push_back(offered[i * offered.size() / count]);
  return chosen;
}

}  // namespace

std::vector<size_t> PrefixSamples(const Graph& network, const NetworkObservation& observed,
                                  const CalibrationSamples& samples,
                                  const ConvertOptions& options) {
  const bool rounding = RoundsBySamples(options);
  const bool correcting = *options.bias_correction != ConvertOptions::BiasCorrection::kNone;
  if (network.metadata.count("quantization") != 0) return {};  // it lacks the pairs that saturate
  if (!samples || (!rounding && !correcting)) return {};
  const std::vector<size_t> offered =
      rounding ? SamplesToRoundBy(samples.calibrating(), observed.trace.value())
               : AllOf(samples.calibrating());
  const size_t fit = kMostBytes / std::max<size_t>(1, PrefixRun::BytesPerSample(network));
  const size_t count = std::min({rounding ? kMostRounded : kMostCompared, offered.size(), fit});
  if (rounding && count == 0) {
    Fail(ErrorKind::kUnusable,
         fmt::format("{} runs samples through both networks, and the activations of one take more "
                     "than 1 GiB; round to the nearest",
                     FlagThatRoundsBySamples(options)));
  }
  if (!rounding && count < kFewestCompared) return {};
  return Spread(offered, count);
}

std::vector<size_t> BlockSamples(const NetworkObservation& observed,
                                 const CalibrationSamples& samples, const ConvertOptions& options,
                                 size_t bytes) {
  const std::vector<size_t> offered =
      SamplesToRoundBy(samples.calibrating(), observed.trace.value());
  const size_t fit = (static_cast<size_t>(*options.memory_mib) << 20) / bytes;
  if (fit == 0) {
    Fail(ErrorKind::kUnusable,
         fmt::format("--rounding blocks holds the activations of each sample between two blocks, "
                     "and one takes {} MiB; raise --memory",
                     (bytes >> 20) + 1));
  }
  return Spread(offered, std::min({kMostReconstructed, offered.size(), fit}));
}

}  // namespace qconvert
