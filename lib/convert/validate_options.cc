#include "lib/convert/validate_options.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "lib/base/nearest_name.h"
#include "lib/calibration/range_method.h"
#include "lib/convert/given_flags.h"
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
using Io = ConvertOptions::Io;
using Granularity = ConvertOptions::Granularity;
using Scheme = ConvertOptions::Scheme;

constexpr int kMostSide = 16384;  // pixels of a resized or cropped picture
constexpr int kMostThreads = 1024;
constexpr int kMostRuns = 1000000;
constexpr int kMostFiles = 10000;
constexpr int kMostMemoryMib = 1 << 20;
constexpr int kFewestAccumulatorBits = 20, kFewestAccumulatorBits4 = 16;  // of 4-bit weights

std::vector<Flag> LimitFlags(const ConvertOptions& options) {
  return {{"--max-drop", options.max_drop.has_value()},
          {"--min-sqnr", options.min_sqnr.has_value()},
          {"--min-agreement", options.min_agreement.has_value()},
          {"--min-correlation", options.min_correlation.has_value()}};
}

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

/// Requires samples where there are flags that say how these become values.
void RequireDataForPictures(const DataOptions& data) {
  if (!data.preprocessing || !data.paths.empty()) return;
  Fail(ErrorKind::kUsage,
       "--resize, --crop, --pixel-range, --mean, --std and --channels are for the samples of "
       "--data, and there are none; add --data or drop them");
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

std::string EffortFlag(const ConvertOptions& given) {
  return fmt::format("--effort {}", given.effort.value_or(1));
}

/// Returns the flag that makes the network compute in float.
std::string FloatFlag(const ConvertOptions& settled) {
  return settled.mode == Mode::kFloat     ? "--float"
         : settled.mode == Mode::kDynamic ? "--dynamic"
         : settled.codebook               ? "--codebook"
         : *settled.bits == 16            ? "--bits 16"
                                          : "--weights-only";
}

/// Returns whether weights become steps of scales.
bool HasWeightScales(const ConvertOptions& settled) {
  return settled.mode != Mode::kFloat && *settled.bits != 16 && !settled.codebook;
}

/// What weights without scales, float ones and those of a codebook, leave without effect.
void RefuseForOtherWeights(const ConvertOptions& given, const ConvertOptions& settled) {
  if (HasWeightScales(settled)) return;
  const bool is_float = settled.mode == Mode::kFloat;
  Refuse(is_float ? "--float keeps the weights as they are"
                  : FloatFlag(settled) + " needs no weight scales",
         {{"--bits", (is_float || settled.codebook) && given.bits},
          {"--codebook", is_float && given.codebook},
          {"--per-layer", given.granularity == Granularity::kPerLayer},
          {"--per-channel", given.granularity == Granularity::kPerChannel},
          {"--scheme", given.scheme.has_value()},
          {"--weight-scale", given.weight_scale.has_value()},
          {"--rounding", given.rounding.has_value()},
          {"--equalize", given.equalize}});
  if (!is_float) return;
  Refuse("--float leaves every node in float", {{"--exclude", !given.exclude.empty()}});
  Refuse("--float rounds nothing, so nothing is checked", {{"--effort", given.effort.has_value()}});
  Refuse("--float rounds nothing, so nothing is checked", LimitFlags(given));
}

/// What knows no codebooks.
void RefuseForCodebook(const ConvertOptions& given) {
  if (!given.codebook) return;
  Refuse("--codebook computes in float", {{"--dynamic", given.mode == Mode::kDynamic}});
  Refuse("no treatment is of codebooks", {{EffortFlag(given), given.effort.value_or(1) >= 2}});
}

/// What LiteRT's kernels that round activations while they run do not take.
void RefuseForDynamic(const ConvertOptions& given) {
  if (given.mode != Mode::kDynamic) return;
  Refuse("--dynamic stores 8-bit symmetric weights per channel, the only ones that LiteRT takes",
         {{"--bits 4", given.bits == 4},
          {"--bits 16", given.bits == 16},
          {"--per-layer", given.granularity == Granularity::kPerLayer},
          {"--scheme asymmetric", given.scheme == Scheme::kAsymmetric}});
}

/// What float activations leave without effect.
void RefuseForFloatActivations(const ConvertOptions& given, const ConvertOptions& settled) {
  if (settled.mode == Mode::kInteger) return;
  const std::string flag = FloatFlag(settled);
  const bool dynamic = settled.mode == Mode::kDynamic;
  Refuse(flag + (dynamic ? " rounds activations at run time: inputs and outputs are float32"
                         : " computes in float32, inputs and outputs included"),
         {{"--io int8", given.io == Io::kInt8},
          {"--io uint8", given.io == Io::kUInt8},
          {"--io int16", given.io == Io::kInt16},
          {"--activation-bits", given.activation_bits.has_value()},
          {"--wide", !given.wide.empty()},
          {"--strict", given.strict}});
  Refuse(flag + " needs no ranges of activations",
         {{"--calibration", given.calibration.has_value()},
          {"--decay", given.decay.has_value()},
          {"--percentile", given.percentile.has_value()}});
  Refuse(flag + " has no integer blocks to reconstruct",
         {{"--rounding blocks", RoundsInBlocks(given)}, {"--effort 3", given.effort == 3}});
  Refuse(flag + " leaves biases as they are",
         {{"--bias-correction", given.bias_correction.has_value()}});
  if (!SearchesWeightScales(settled)) {
    Refuse(flag + " without a search of weight scales calibrates nothing",
           {{"--calibration-precision", given.calibration_precision.has_value()}});
  }
}

/// What a reconstruction of blocks cannot be combined with.
void RefuseForBlocks(const ConvertOptions& given) {
  const bool effort = given.effort == 3 && !given.rounding;
  if (!RoundsInBlocks(given) && !effort) return;
  const std::string flag = effort ? "--effort 3" : "--rounding blocks";
  Refuse(flag + " moves weights and biases after their sums were bounded",
         {{"--accumulator-bits",
           given.accumulator_bits.value_or(kMostAccumulatorBits) != kMostAccumulatorBits}});
  Refuse(flag + " rounds all layers itself",
         {{"--search", given.search},
          {"--recipe", std::ranges::any_of(given.rows, [](const RecipeRow& row) {
             return !row.rounding.empty();
           })}});
}

/// What leaves the rows of a recipe without effect.
void RefuseRows(const ConvertOptions& given, const ConvertOptions& settled) {
  if (settled.mode == Mode::kInteger || given.rows.empty()) return;
  const bool integer = std::ranges::any_of(given.rows, [](const RecipeRow& row) {
    return row.activations == "int8" || row.activations == "int16";
  });
  Refuse(
      FloatFlag(settled) + (integer ? " computes in float, and rows of the recipe ask for integers"
                                    : " is of all nodes"),
      {{"--recipe", integer || settled.mode != Mode::kWeightsOnly}});
}

/// What has no integer sums of 8 bits to bound.
void RefuseForAccumulatorBits(const ConvertOptions& given, const ConvertOptions& settled) {
  if (settled.mode == Mode::kInteger && *settled.activation_bits == 8) return;
  Refuse("--accumulator-bits is of the integer sums of int8 activations",
         {{"--accumulator-bits", given.accumulator_bits.has_value()}});
}

/// What has no kernel beside the bits of activations.
void RefuseForActivationBits(const ConvertOptions& given, const ConvertOptions& settled) {
  if (settled.mode != Mode::kInteger) return;
  if (*settled.activation_bits == 16) {
    Refuse("LiteRT has no 4-bit weights beside --activation-bits 16",
           {{"--bits 4", given.bits == 4}});
    Refuse("--activation-bits 16 is of all nodes", {{"--wide", !given.wide.empty()}});
  } else {
    Refuse("int16 inputs and outputs need --activation-bits 16",
           {{"--io int16", given.io == Io::kInt16}});
  }
}

/// What a conversion without samples leaves without effect. Its made-up pictures have pixels, but
/// neither a size nor an order of colours of their own.
void RefuseWithoutData(const ConvertOptions& given, const ConvertOptions& settled) {
  if (!given.data.paths.empty()) return;
  const bool makes_up = settled.mode == Mode::kInteger || SearchesWeightScales(settled);
  if (!makes_up) RequireDataForPictures(given.data);
  const PictureOptions pictures = given.data.preprocessing.value_or(PictureOptions{});
  Refuse("pictures are resized, cropped and reordered when --data gives some, and it gives none",
         {{"--resize", pictures.resize != 0},
          {"--crop", pictures.crop_height != 0 || pictures.crop_width != 0},
          {"--channels bgr", pictures.channels == PictureOptions::Channels::kBgr}});
  const bool sequential = given.bias_correction == ConvertOptions::BiasCorrection::kSequential;
  Refuse("biases are corrected on samples of --data, and there are none",
         {{"--bias-correction sequential", sequential}});
  Refuse("equalization is measured on samples of --data, and there are none",
         {{"--equalize", given.equalize}});
  Refuse("the rounding reads samples of --data, and there are none",
         {{FlagThatRoundsBySamples(given), RoundsBySamples(given)}});
  Refuse("the recipe was found on samples of --data, and there are none",
         {{"--recipe", given.split_samples}});
  Refuse("treatments are measured on samples of --data, and there are none",
         {{EffortFlag(given), given.effort.value_or(1) >= 2}, {"--search", given.search}});
  Refuse("labels are of samples of --data, and there are none",
         {{"--labels", !given.labels.empty()}});
}

/// What the method of the ranges or of the weight scales does not read.
void RefuseForMethods(const ConvertOptions& given, const ConvertOptions& settled) {
  const RangeMethod& method = RangeMethodNamed(*settled.calibration);
  for (const RangeMethod* other : RangeMethods()) {
    if (other == &method || other->option.empty()) continue;
    Refuse(fmt::format("{} is of --calibration {}, not of {}", other->option, other->name,
                       method.name),
           {{std::string(other->option),
             other->option == "--decay"
                 ? given.decay.has_value()
                 : other->option == "--percentile" && given.percentile.has_value()}});
  }
  if (given.weight_scale && FindScaleMethod(*given.weight_scale)->needs.any()) {
    Refuse("--weight-scale least-error searches symmetric scales per channel",
           {{"--per-layer", given.granularity == Granularity::kPerLayer},
            {"--scheme asymmetric", given.scheme == Scheme::kAsymmetric}});
  }
  if (settled.mode == Mode::kFloat || *settled.bits != 4) {
    Refuse("all layers have the same bits without it", {{"--all-layers", given.all_layers}});
  }
  const RoundingMethod& rounding = *FindRoundingMethod(*settled.rounding);
  const bool tries_blocks = *settled.effort == 3;
  if (!rounding.draws && !given.search && !tries_blocks) {
    Refuse(fmt::format("--rounding {} draws nothing", rounding.name),
           {{"--seed", given.seed.has_value()}});
  }
  if (!rounding.thresholds) {
    Refuse(fmt::format("--sparsity is of gpfq and spfq, not of --rounding {}", rounding.name),
           {{"--sparsity", given.sparsity.has_value()}});
  }
  if (!RoundsBySamples(given) && !given.search && !tries_blocks) {
    Refuse("--memory bounds what --rounding reads, and it reads nothing",
           {{"--memory", given.memory_mib.has_value()}});
  }
  if (*settled.effort < 2 && !settled.search) {
    Refuse("nothing is tried below --effort 2 and without --search",
           {{"--budget", given.budget.has_value()}});
  }
  if (!HasLimits(given)) {
    Refuse("without a gate nothing is undecided", {{"--allow-undecided", given.allow_undecided}});
  }
  if (settled.mode != Mode::kInteger || *settled.scheme != Scheme::kAsymmetric) {
    Refuse(
        "--allow-extensions permits asymmetric weights in integer arithmetic, and none are asked "
        "for",
        {{"--allow-extensions", given.allow_extensions}});
  }
}

}  // namespace

ConvertOptions Validated(const ConvertOptions& options) {
  RequireValues(options);
  RequirePictures(options.data);
  ConvertOptions settled = WithDefaults(options);
  RefuseForDynamic(options);
  RefuseForCodebook(options);
  RefuseForOtherWeights(options, settled);
  RefuseForFloatActivations(options, settled);
  RefuseForActivationBits(options, settled);
  RefuseForAccumulatorBits(options, settled);
  RefuseForBlocks(options);
  RefuseRows(options, settled);
  RefuseWithoutData(options, settled);
  RefuseForMethods(options, settled);
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
