#include "lib/convert/tuning_samples.h"

#include <algorithm>
#include <numeric>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/convert/find_labels.h"
#include "lib/convert/load_model.h"

namespace qconvert {
namespace {

constexpr size_t kHeldOut = 10;        // every tenth sample
constexpr size_t kMostHeldOut = 5000;  // more cost more time than they tell

ChosenSamples AllOf(const std::vector<std::string>& paths, size_t limit, const std::string& labels,
                    const TuneOptions& options, const Graph& network) {
  ChosenSamples chosen;
  chosen.set =
      OpenSamples(paths, SampleInputs(network), PreprocessingOf(options.convert.data), limit);
  chosen.places.resize(chosen.set->size());
  std::iota(chosen.places.begin(), chosen.places.end(), size_t{0});
  if (!labels.empty()) {
    chosen.labels = FindLabels(labels, *chosen.set, OutputPorts(network).front()).classes;
  }
  return chosen;
}

ChosenSamples Some(const ChosenSamples& all, const std::vector<size_t>& which) {
  ChosenSamples some{all.set, {}, {}};
  for (size_t i : which) {
    some.places.push_back(all.places[i]);
    if (!all.labels.empty()) some.labels.push_back(all.labels[i]);
  }
  return some;
}

/// Holds samples out of the training.
TuningSamples HoldSomeOut(const ChosenSamples& all) {
  const size_t count = all.places.size(), apart = std::min(count / kHeldOut, kMostHeldOut);
  if (apart == 0) {
    Fail(
        ErrorKind::kUsage,
        fmt::format("{} samples are too few to hold some out; add --validation, or give {} or more",
                    count, kHeldOut));
  }
  std::vector<size_t> trained, held_out;
  for (size_t i = 0; i < count; ++i) {
    const bool out = (i + 1) * apart / count > i * apart / count;
    (out ? held_out : trained).push_back(i);
  }
  return {
      Some(all, trained), Some(all, held_out),
      fmt::format("{} of the {} samples, spread evenly, which are not trained on", apart, count)};
}

}  // namespace

TuningSamples OpenTuningSamples(const TuneOptions& options, const Graph& network) {
  const DataOptions& data = options.convert.data;
  const ChosenSamples all = AllOf(data.paths, data.samples, options.labels, options, network);
  if (options.validation.paths.empty()) return HoldSomeOut(all);
  ChosenSamples validation = AllOf(options.validation.paths, options.validation.samples,
                                   options.validation_labels, options, network);
  const std::string text =
      fmt::format("{} samples of {}", validation.places.size(), options.validation.paths.front());
  return {all, std::move(validation), text};
}

void FollowTeacher(FloatNetwork& network, ThreadPool& threads, bool quiet, TrainingSet& set) {
  const std::vector<LossTensor>& losses = set.losses;
  set.teacher.assign(set.count, std::vector<std::vector<float>>(losses.size()));
  const auto keep = [&](size_t sample, TensorId id, std::span<const std::byte> bytes) {
    for (size_t k = 0; k < losses.size(); ++k) {
      if (losses[k].teacher != id) continue;
      const auto* values = reinterpret_cast<const float*>(bytes.data());
      set.teacher[sample][k].assign(values, values + bytes.size() / sizeof(float));
    }
  };
  Progress progress("asking the teacher", set.count, quiet);
  network.Run({0, set.count}, FeedFrom(set.read), {},
              {threads, progress, FloatPrecision::kFloat32, keep});
}

}  // namespace qconvert
