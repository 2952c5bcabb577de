#include "lib/convert/calibration_samples.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/convert/find_labels.h"
#include "lib/convert/load_model.h"
#include "lib/convert/validate_options.h"
#include "lib/math/drawn_number.h"
#include "lib/samples/reordered_samples.h"

namespace qconvert {
namespace {

constexpr size_t kMostSamples = 256;  // more hardly move a range; --samples overrules

constexpr size_t kFewestHeldOut = 8, kMostHeldOut = 128;

constexpr size_t kFewestSearched = 24;
constexpr size_t kMostDeciding = 2048, kMostJudging = 2048;

/// Returns samples of a set in an order of their own, the last of which are held out.
CalibrationSamples Chosen(const CalibrationSamples& samples, const std::vector<size_t>& order,
                          size_t held_out) {
  CalibrationSamples chosen{
      Reordered(*samples.set, order), samples.name, samples.preprocessing, held_out, {}};
  if (samples.labels.empty()) return chosen;
  for (const size_t i : order) chosen.labels.push_back(samples.labels[i]);
  return chosen;
}

/// Returns at most `most` of some places, spread evenly.
std::vector<size_t> Spread(const std::vector<size_t>& places, size_t most) {
  std::vector<size_t> chosen;
  const size_t count = std::min(places.size(), most);
  for (size_t i = 0; i < count; ++i) chosen.push_back(places[i * places.size() / count]);
  return chosen;
}

/// Returns some places and then others.
std::vector<size_t> Joined(std::vector<size_t> first, const std::vector<size_t>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

SearchSamples SplitForSearch(const CalibrationSamples& samples) {
  const size_t all = samples.set->size();
  if (all < kFewestSearched) {
    Fail(ErrorKind::kUsage,
         fmt::format("a search calibrates, decides and judges on different samples: it takes {} or "
                     "more, and there are {}",
                     kFewestSearched, all));
  }
  std::vector<size_t> parts[3];
  for (size_t i = 0; i < all; ++i) parts[i % 3].push_back(i);
  const std::vector<size_t> calibrating = Spread(parts[0], kMostSamples);
  const std::vector<size_t> deciding = Spread(parts[1], kMostDeciding);
  const std::vector<size_t> judging = Spread(parts[2], kMostJudging);
  return {Chosen(samples, Joined(calibrating, deciding), deciding.size()),
          Chosen(samples, Joined(calibrating, judging), judging.size())};
}

std::string HashOf(const CalibrationSamples& samples) {
  uint64_t hash = 0;
  for (size_t i = 0; i < samples.calibrating(); ++i) {
    for (const std::vector<std::byte>& value : samples.set->Read(i)) {
      hash = SeedOf(hash, {reinterpret_cast<const char*>(value.data()), value.size()});
    }
  }
  return fmt::format("{:016x}", hash);
}

CalibrationSamples HoldOut(const CalibrationSamples& samples) {
  const size_t all = samples.set->size();
  const size_t held_out =
      all < 2 * kFewestHeldOut ? 0 : std::clamp(all / 3, kFewestHeldOut, kMostHeldOut);
  std::vector<size_t> order, judges;
  for (size_t i = 0; i < all; ++i) {
    const bool judge = (i + 1) * held_out / all > i * held_out / all;
    (judge ? judges : order).push_back(i);
  }
  return Chosen(samples, Joined(std::move(order), judges), held_out);
}

CalibrationSamples OpenCalibrationSamples(const ConvertOptions& options, const Graph& network) {
  const std::vector<std::string> paths = DataPaths(options.data, options.model);
  if (paths.empty() && options.data.samples > 0) {
    Fail(ErrorKind::kUsage, "--samples has none to choose from; add --data or drop --samples");
  }
  const Preprocessing preprocessing = PreprocessingOf(options.data);
  const std::string remembered = options.data.preprocessing ? ToText(preprocessing) : "";
  if (paths.empty()) return {nullptr, "", remembered, 0, {}};
  const bool all = options.data.samples == 0 && SplitsSamples(options);
  const size_t limit = all || options.data.samples > 0 ? options.data.samples : kMostSamples;
  CalibrationSamples samples{OpenSamples(paths, SampleInputs(network), preprocessing, limit),
                             paths.front(),
                             remembered,
                             0,
                             {}};
  if (!options.labels.empty()) {
    const std::vector<Port> outputs = OutputPorts(network);
    RequireTop1({}, /*labels=*/true, outputs,
                HoldsWholeNumbers(network.tensor(outputs.front().id)));
    samples.labels = FindLabels(options.labels, *samples.set, outputs.front()).classes;
  }
  return samples;
}

}  // namespace qconvert
