#include "lib/convert/refuse_options.h"

#include <algorithm>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "lib/calibration/range_method.h"
#include "lib/convert/given_flags.h"
#include "lib/convert/validate_options.h"
#include "lib/quantization/accumulator.h"
#include "lib/quantization/rounding.h"
#include "lib/quantization/scale_method.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;
using Io = ConvertOptions::Io;
using Granularity = ConvertOptions::Granularity;
using Scheme = ConvertOptions::Scheme;

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

void RequireDataForPictures(const DataOptions& data) {
  if (!data.preprocessing || !data.paths.empty()) return;
  Fail(ErrorKind::kUsage,
       "--resize, --crop, --pixel-range, --mean, --std and --channels are for the samples of "
       "--data, and there are none; add --data or drop them");
}

void RefuseWithoutEffect(const ConvertOptions& given, const ConvertOptions& settled) {
  RefuseForDynamic(given);
  RefuseForCodebook(given);
  RefuseForOtherWeights(given, settled);
  RefuseForFloatActivations(given, settled);
  RefuseForActivationBits(given, settled);
  RefuseForAccumulatorBits(given, settled);
  RefuseForBlocks(given);
  RefuseRows(given, settled);
  RefuseWithoutData(given, settled);
  RefuseForMethods(given, settled);
}

}  // namespace qconvert
