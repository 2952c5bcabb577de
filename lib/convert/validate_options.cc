#include "lib/convert/validate_options.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "lib/base/nearest_name.h"
#include "lib/calibration/range_method.h"
#include "lib/convert/given_flags.h"
#include "lib/convert/refuse_options.h"
#include "lib/convert/validate_search.h"
#include "lib/evaluation/dump_outputs.h"
#include "lib/quantization/accumulator.h"
#include "lib/quantization/codebook_size.h"
#include "lib/quantization/node_pattern.h"
#include "lib/quantization/recipe_rows.h"
#include "lib/quantization/rounding.h"
#include "lib/quantization/scale_method.h"
#include "lib/runner/port.h"
#include "lib/search/search_strategy.h"
#include "lib/tflite/target_profile.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;
using Granularity = ConvertOptions::Granularity;
using Scheme = ConvertOptions::Scheme;

constexpr int kMostSide = 16384;  // pixels of a resized or cropped picture
constexpr int kMostThreads = 1024;
constexpr int kMostRuns = 1000000;
constexpr int kMostFiles = 10000;
constexpr int kMostMemoryMib = 1 << 20;
constexpr int kFewestAccumulatorBits = 20, kFewestAccumulatorBits4 = 16;  // of 4-bit weights

void RequireBetween(std::string_view flag, int value, int least, int most) {
  if (value >= least && value <= most) return;
  Fail(ErrorKind::kUsage, fmt::format("{} is {} to {}, not {}", flag, least, most, value));
}

void RequireThreads(int threads) {
  if (threads != 0) RequireBetween("--threads", threads, 1, kMostThreads);
}

void RequirePictures(const DataOptions& data) {
  if (!data.preprocessing) return;
  const PictureOptions& pictures = *data.preprocessing;
  RequireBetween("--resize", pictures.resize, 0, kMostSide);
  RequireBetween("--crop", pictures.crop_height, 0, kMostSide);
  RequireBetween("--crop", pictures.crop_width, 0, kMostSide);
  if (pictures.pixel_range != 1 && pictures.pixel_range != 255) {
    Fail(ErrorKind::kUsage, fmt::format("--pixel-range is 1 or 255, not {}", pictures.pixel_range));
  }
}

void RequireRounding(const ConvertOptions& options) {
  if (options.rounding && FindRoundingMethod(*options.rounding) == nullptr) {
    std::vector<std::string_view> names;
    for (const RoundingMethod* method : RoundingMethods()) names.push_back(method->name);
    Fail(ErrorKind::kUsage, fmt::format("there is no --rounding '{}'; there are {}",
                                        *options.rounding, fmt::join(names, ", ")));
  }
  const double sparsity = options.sparsity.value_or(0);
  if (!(sparsity >= 0 && sparsity < 1)) Fail(ErrorKind::kUsage, "--sparsity is not in [0, 1)");
  RequireBetween("--memory", options.memory_mib.value_or(1), 1, kMostMemoryMib);
}

void RequireTarget(const std::string& target) {
  if (target.empty() || FindTargetProfile(target) != nullptr) return;
  Fail(ErrorKind::kUsage, fmt::format("there is no --target '{}'; there are {}", target,
                                      fmt::join(TargetNames(), ", ")));
}

void RequireValues(const ConvertOptions& options) {
  const int bits = options.bits.value_or(8);
  if (bits != 8 && bits != 4 && bits != 16) {
    Fail(ErrorKind::kUsage, fmt::format("--bits is 8, 4 or 16, not {}", bits));
  }
  const int activation_bits = options.activation_bits.value_or(8);
  if (activation_bits != 8 && activation_bits != 16) {
    Fail(ErrorKind::kUsage, fmt::format("--activation-bits is 8 or 16, not {}", activation_bits));
  }
  RequireBetween("--accumulator-bits", options.accumulator_bits.value_or(kMostAccumulatorBits),
                 bits == 4 ? kFewestAccumulatorBits4 : kFewestAccumulatorBits,
                 kMostAccumulatorBits);
  RequireBetween("--codebook", options.codebook.value_or(kMostCodes), kFewestCodes, kMostCodes);
  if (options.weight_scale && FindScaleMethod(*options.weight_scale) == nullptr) {
    std::vector<std::string_view> names;
    for (const ScaleMethod* method : ScaleMethods()) names.push_back(method->name);
    Fail(ErrorKind::kUsage, fmt::format("there is no --weight-scale '{}'; there are {}",
                                        *options.weight_scale, fmt::join(names, ", ")));
  }
  RequireRounding(options);
  RequireTarget(options.target);
  RequireBetween("--effort", options.effort.value_or(1), 0, 3);
  RequireBetween("--budget", options.budget.value_or(1), 1, kMostFiles);
  RequireLimits(LimitsOf(options), /*labels=*/!options.labels.empty(), /*metric=*/false);
  for (const RecipeRow& row : options.rows) RequireRow(row);
  RequireSearch(options);
  const float decay = options.decay.value_or(0);
  if (!(decay >= 0 && decay < 1)) Fail(ErrorKind::kUsage, "--decay is not in [0, 1)");
  const double percentile = options.percentile.value_or(100);
  if (!(percentile > 50 && percentile <= 100)) {
    Fail(ErrorKind::kUsage, "--percentile is not in (50, 100]");
  }
  const NodePattern excluded("--exclude", options.exclude), wide("--wide", options.wide);
  RequireThreads(options.threads);
}

/// Sets what --effort decides and no flag says.
void SetByEffort(ConvertOptions& options) {
  using BiasCorrection = ConvertOptions::BiasCorrection;
  options.effort = options.effort.value_or(1);
  options.budget = options.budget.value_or(options.search ? 100 : 24);
  const bool fast = *options.effort == 0;
  const std::string_view ranges = fast ? "min-max" : RangeMethods().front()->name;
  options.calibration = options.calibration.value_or(std::string(ranges));
  options.minimize = options.minimize.value_or("size");
  options.strategy = options.strategy.value_or(std::string(SearchStrategies().front()->name));
  options.bias_correction = options.bias_correction.value_or(
      fast || options.mode != Mode::kInteger ? BiasCorrection::kNone : BiasCorrection::kSequential);
}

/// Returns the options with their defaults.
ConvertOptions WithDefaults(ConvertOptions options) {
  options.bits = options.bits.value_or(8);
  const bool computes_in_float = *options.bits == 16 || options.codebook;
  if (computes_in_float && options.mode == Mode::kInteger) options.mode = Mode::kWeightsOnly;
  SetByEffort(options);
  options.activation_bits = options.activation_bits.value_or(8);
  options.accumulator_bits = options.accumulator_bits.value_or(kMostAccumulatorBits);
  options.granularity = options.granularity.value_or(Granularity::kPerChannel);
  options.scheme = options.scheme.value_or(Scheme::kSymmetric);
  options.weight_scale = options.weight_scale.value_or(std::string(ScaleMethods().front()->name));
  options.rounding = options.rounding.value_or(std::string(RoundingMethods().front()->name));
  options.memory_mib = options.memory_mib.value_or(1024);
  options.seed = options.seed.value_or(RoundingOptions{}.seed);
  options.sparsity = options.sparsity.value_or(RoundingOptions{}.sparsity);
  options.decay = options.decay.value_or(RangeOptions{}.decay);
  options.percentile = options.percentile.value_or(RangeOptions{}.percentile);
  options.calibration_precision =
      options.calibration_precision.value_or(ConvertOptions::CalibrationPrecision::kFloat32);
  return options;
}

}  // namespace

ConvertOptions Validated(const ConvertOptions& options) {
  RequireValues(options);
  RequirePictures(options.data);
  ConvertOptions settled = WithDefaults(options);
  RefuseWithoutEffect(options, settled);
  return settled;
}

void Validate(const EvaluateOptions& options) {
  RequireThreads(options.threads);
  if (!options.dump_outputs.empty()) RequireDumpFolder(options.dump_outputs);
  RequireDataForPictures(options.data);
  RequirePictures(options.data);
}

void Validate(const BenchmarkOptions& options) {
  RequireThreads(options.threads);
  RequireBetween("--runs", options.runs, 1, kMostRuns);
  RequireBetween("--batch", options.batch, 1, kMostRuns);
}

bool SplitsSamples(const ConvertOptions& options) {
  return options.search || options.split_samples;
}

std::string FlagThatRoundsBySamples(const ConvertOptions& options) {
  const auto by_samples = [](const std::string& name) {
    return !name.empty() && FindRoundingMethod(name)->needs.any();
  };
  if (options.rounding && by_samples(*options.rounding)) return "--rounding " + *options.rounding;
  const auto row_by_samples = [&](const RecipeRow& row) { return by_samples(row.rounding); };
  return std::ranges::any_of(options.rows, row_by_samples) ? "--recipe" : "";
}

bool RoundsBySamples(const ConvertOptions& options) {
  return !FlagThatRoundsBySamples(options).empty();
}

bool RoundsInBlocks(const ConvertOptions& options) {
  return options.rounding && FindRoundingMethod(*options.rounding)->in_blocks;
}

bool HasWeightScales(const ConvertOptions& options) {
  return options.mode != Mode::kFloat && *options.bits != 16 && !options.codebook;
}

bool SearchesWeightScales(const ConvertOptions& options) {
  return HasWeightScales(options) && FindScaleMethod(*options.weight_scale)->needs.moments &&
         *options.granularity == Granularity::kPerChannel && *options.scheme == Scheme::kSymmetric;
}

GateLimits LimitsOf(const ConvertOptions& options) {
  return {.max_drop = options.max_drop,
          .min_agreement = options.min_agreement,
          .min_sqnr = options.min_sqnr,
          .min_correlation = options.min_correlation};
}

bool HasLimits(const ConvertOptions& options) { return HasLimits(LimitsOf(options)); }

void RequireJudgeable(const ConvertOptions& options, const Graph& network, bool samples) {
  if (!HasLimits(options)) return;
  if (!samples) {
    Fail(ErrorKind::kUsage,
         "there are no samples to judge by; add --data, or drop " + Given(LimitFlags(options)));
  }
  const std::vector<Port> outputs = OutputPorts(network);
  if (outputs.empty()) return;
  RequireTop1(LimitsOf(options), /*labels=*/!options.labels.empty(), outputs,
              HoldsWholeNumbers(network.tensor(outputs.front().id)));
  RequireOutputs(LimitsOf(options), network);
}

void RequireNamed(const Graph& graph, std::string_view flag, const std::string& pattern) {
  if (pattern.empty()) return;
  const NodePattern named(flag, pattern);
  std::vector<std::string> names;
  for (const Node& node : graph.nodes()) {
    if (named.Names(node)) return;
    names.push_back(node.name);
  }
  const std::string nearest = NearestName(pattern, names);
  Fail(ErrorKind::kUsage,
       fmt::format("{} '{}' matches no node that is left to compute{}", flag, pattern,
                   nearest.empty() ? "" : fmt::format("; the nearest is '{}'", nearest)));
}

}  // namespace qconvert
