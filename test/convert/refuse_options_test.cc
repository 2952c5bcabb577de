// Options that cannot take effect are refused through the API, before a file is opened.

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/convert/validate_options.h"
#include "test/support/errors.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;
using Io = ConvertOptions::Io;
using Granularity = ConvertOptions::Granularity;
using Scheme = ConvertOptions::Scheme;
using CalibrationPrecision = ConvertOptions::CalibrationPrecision;

struct Combination {
  std::string says;
  std::function<void(ConvertOptions&)> ask;
};

const std::vector<Combination> kRefused = {
    {"--float keeps the weights as they are; drop --bits",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.bits = 8;
     }},
    {"--float keeps the weights as they are; drop --per-layer and --scheme",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.granularity = Granularity::kPerLayer;
       o.scheme = Scheme::kSymmetric;
     }},
    {"--float keeps the weights as they are; drop --weight-scale",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.weight_scale = "max";
     }},
    {"--float keeps the weights as they are; drop --rounding",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.rounding = "nearest";
     }},
    {"--activation-bits is 8 or 16, not 4", [](auto& o) { o.activation_bits = 4; }},
    {"LiteRT has no 4-bit weights beside --activation-bits 16; drop --bits 4",
     [](auto& o) {
       o.activation_bits = 16;
       o.bits = 4;
     }},
    {"--activation-bits 16 is of all nodes; drop --wide",
     [](auto& o) {
       o.activation_bits = 16;
       o.wide = "conv";
     }},
    {"--weights-only computes in float32, inputs and outputs included; drop --wide",
     [](auto& o) {
       o.mode = Mode::kWeightsOnly;
       o.wide = "conv";
     }},
    {"--wide '(' is not a regular expression", [](auto& o) { o.wide = "("; }},
    {"int16 inputs and outputs need --activation-bits 16; drop --io int16",
     [](auto& o) { o.io = Io::kInt16; }},
    {"--dynamic rounds activations at run time: inputs and outputs are float32; drop --io int16 "
     "and --activation-bits",
     [](auto& o) {
       o.mode = Mode::kDynamic;
       o.activation_bits = 16;
       o.io = Io::kInt16;
     }},
    {"--bits 16 needs no weight scales; drop --rounding",
     [](auto& o) {
       o.bits = 16;
       o.rounding = "nearest";
     }},
    {"the rounding reads samples of --data, and there are none; drop --rounding gptq",
     [](auto& o) { o.rounding = "gptq"; }},
    {"--float keeps the weights as they are; drop --equalize",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.equalize = true;
     }},
    {"equalization is measured on samples of --data, and there are none; drop --equalize",
     [](auto& o) { o.equalize = true; }},
    {"all layers have the same bits without it; drop --all-layers",
     [](auto& o) { o.all_layers = true; }},
    {"--rounding nearest draws nothing; drop --seed", [](auto& o) { o.seed = 1; }},
    {"--sparsity is of gpfq and spfq, not of --rounding stochastic; drop --sparsity",
     [](auto& o) {
       o.rounding = "stochastic";
       o.sparsity = 0.1;
     }},
    {"--accumulator-bits is 20 to 32, not 19", [](auto& o) { o.accumulator_bits = 19; }},
    {"--accumulator-bits is 16 to 32, not 15",
     [](auto& o) {
       o.bits = 4;
       o.accumulator_bits = 15;
     }},
    {"--accumulator-bits is of the integer sums of int8 activations; drop --accumulator-bits",
     [](auto& o) {
       o.mode = Mode::kWeightsOnly;
       o.accumulator_bits = 24;
     }},
    {"--codebook is 2 to 256, not 1", [](auto& o) { o.codebook = 1; }},
    {"--codebook needs no weight scales; drop --bits and --rounding",
     [](auto& o) {
       o.codebook = 16;
       o.bits = 8;
       o.rounding = "nearest";
     }},
    {"--float keeps the weights as they are; drop --codebook",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.codebook = 16;
     }},
    {"--codebook computes in float; drop --dynamic",
     [](auto& o) {
       o.mode = Mode::kDynamic;
       o.codebook = 16;
     }},
    {"no treatment is of codebooks; drop --effort 2",
     [](auto& o) {
       o.codebook = 16;
       o.effort = 2;
     }},
    {"--codebook computes in float32, inputs and outputs included; drop --io int8",
     [](auto& o) {
       o.codebook = 16;
       o.io = Io::kInt8;
     }},
    {"--sparsity is not in [0, 1)", [](auto& o) { o.sparsity = 1; }},
    {"there is no --rounding 'best'; there are nearest, ", [](auto& o) { o.rounding = "best"; }},
    {"--memory bounds what --rounding reads, and it reads nothing; drop --memory",
     [](auto& o) { o.memory_mib = 100; }},
    {"--memory is 1 to 1048576, not 0",
     [](auto& o) {
       o.rounding = "gptq";
       o.data.paths = {"photos"};
       o.memory_mib = 0;
     }},
    {"--float leaves every node in float; drop --exclude",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.exclude = "Gemm";
     }},
    {"--float computes in float32, inputs and outputs included; drop --io int8",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.io = Io::kInt8;
     }},
    {"--float computes in float32, inputs and outputs included; drop --strict",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.strict = true;
     }},
    {"--float needs no ranges of activations; drop --calibration",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.calibration = "min-max";
     }},
    {"calibrates nothing; drop --calibration-precision",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.calibration_precision = CalibrationPrecision::kFloat32;
     }},
    {"--weights-only computes in float32, inputs and outputs included; drop --io uint8 and "
     "--strict",
     [](auto& o) {
       o.mode = Mode::kWeightsOnly;
       o.io = Io::kUInt8;
       o.strict = true;
     }},
    {"--weights-only needs no ranges of activations; drop --calibration and --decay",
     [](auto& o) {
       o.mode = Mode::kWeightsOnly;
       o.calibration = "moving-average";
       o.decay = 0.5F;
     }},
    {"--weights-only without a search of weight scales calibrates nothing",
     [](auto& o) {
       o.mode = Mode::kWeightsOnly;
       o.weight_scale = "max";
       o.calibration_precision = CalibrationPrecision::kBFloat16;
     }},
    {"the only ones that LiteRT takes; drop --bits 4 and --per-layer and --scheme asymmetric",
     [](auto& o) {
       o.mode = Mode::kDynamic;
       o.bits = 4;
       o.granularity = Granularity::kPerLayer;
       o.scheme = Scheme::kAsymmetric;
     }},
    {"the only ones that LiteRT takes; drop --bits 16",
     [](auto& o) {
       o.mode = Mode::kDynamic;
       o.bits = 16;
     }},
    {"--dynamic rounds activations at run time: inputs and outputs are float32; drop --io int8 and "
     "--strict",
     [](auto& o) {
       o.mode = Mode::kDynamic;
       o.io = Io::kInt8;
       o.strict = true;
     }},
    {"--dynamic needs no ranges of activations; drop --calibration",
     [](auto& o) {
       o.mode = Mode::kDynamic;
       o.calibration = "min-max";
     }},
    {"--dynamic leaves biases as they are; drop --bias-correction",
     [](auto& o) {
       o.mode = Mode::kDynamic;
       o.bias_correction = ConvertOptions::BiasCorrection::kNone;
     }},
    {"--bits 16 needs no weight scales; drop --per-layer and --scheme and --weight-scale",
     [](auto& o) {
       o.bits = 16;
       o.granularity = Granularity::kPerLayer;
       o.scheme = Scheme::kAsymmetric;
       o.weight_scale = "max";
     }},
    {"--bits 16 computes in float32, inputs and outputs included; drop --io int8",
     [](auto& o) {
       o.bits = 16;
       o.io = Io::kInt8;
     }},
    {"--weights-only leaves biases as they are; drop --bias-correction",
     [](auto& o) {
       o.mode = Mode::kWeightsOnly;
       o.bias_correction = ConvertOptions::BiasCorrection::kSequential;
     }},
    {"--bits 16 leaves biases as they are; drop --bias-correction",
     [](auto& o) {
       o.bits = 16;
       o.bias_correction = ConvertOptions::BiasCorrection::kNone;
     }},
    {"biases are corrected on samples of --data, and there are none; drop --bias-correction "
     "sequential",
     [](auto& o) { o.bias_correction = ConvertOptions::BiasCorrection::kSequential; }},
    {"--decay is of --calibration moving-average, not of auto; drop --decay",
     [](auto& o) { o.decay = 0.5F; }},
    {"--weight-scale least-error searches symmetric scales per channel; drop --per-layer",
     [](auto& o) {
       o.weight_scale = "least-error";
       o.granularity = Granularity::kPerLayer;
     }},
    {"per channel; drop --scheme asymmetric",
     [](auto& o) {
       o.mode = Mode::kWeightsOnly;
       o.weight_scale = "least-error";
       o.scheme = Scheme::kAsymmetric;
     }},
    {"none are asked for; drop --allow-extensions", [](auto& o) { o.allow_extensions = true; }},
    {"none are asked for; drop --allow-extensions",
     [](auto& o) {
       o.mode = Mode::kWeightsOnly;
       o.scheme = Scheme::kAsymmetric;
       o.allow_extensions = true;
     }},
    {"--mean, --std and --channels are for the samples of --data",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.data.preprocessing.emplace();
     }},
    {"when --data gives some, and it gives none; drop --resize and --channels bgr",
     [](auto& o) {
       o.data.preprocessing = {.resize = 256, .channels = PictureOptions::Channels::kBgr};
     }},
    {"--crop is 0 to 16384, not 20000",
     [](auto& o) {
       o.data = {.paths = {"photos"}, .preprocessing = PictureOptions{.crop_height = 20000}};
     }},
    {"--pixel-range is 1 or 255, not 128",
     [](auto& o) {
       o.data = {.paths = {"photos"}, .preprocessing = PictureOptions{.pixel_range = 128}};
     }},
    {"--bits is 8, 4 or 16, not 7", [](auto& o) { o.bits = 7; }},
    {"--effort is 0 to 3, not 4", [](auto& o) { o.effort = 4; }},
    {"--weights-only has no integer blocks to reconstruct; drop --effort 3",
     [](auto& o) {
       o.data.paths = {"photos"};
       o.mode = Mode::kWeightsOnly;
       o.effort = 3;
     }},
    {"--dynamic has no integer blocks to reconstruct; drop --rounding blocks",
     [](auto& o) {
       o.data.paths = {"photos"};
       o.mode = Mode::kDynamic;
       o.rounding = "blocks";
     }},
    {"no treatment is of codebooks; drop --effort 3",
     [](auto& o) {
       o.codebook = 16;
       o.effort = 3;
     }},
    {"the rounding reads samples of --data, and there are none; drop --rounding blocks",
     [](auto& o) { o.rounding = "blocks"; }},
    {"treatments are measured on samples of --data, and there are none; drop --effort 3",
     [](auto& o) { o.effort = 3; }},
    {"--effort 3 moves weights and biases after their sums were bounded; drop --accumulator-bits",
     [](auto& o) {
       o.data.paths = {"photos"};
       o.effort = 3;
       o.accumulator_bits = 24;
     }},
    {"--rounding blocks rounds all layers itself; drop --search",
     [](auto& o) {
       o.data.paths = {"photos"};
       o.rounding = "blocks";
       o.search = true;
       o.min_sqnr = 20;
     }},
    {"the recipe's row 'conv': --rounding blocks is of all layers",
     [](auto& o) {
       RecipeRow row;
       row.regex = "conv";
       row.rounding = "blocks";
       o.rows = {row};
     }},
    {"--budget is 1 to 10000, not 0", [](auto& o) { o.budget = 0; }},
    {"nothing is tried below --effort 2 and without --search; drop --budget",
     [](auto& o) { o.budget = 9; }},
    {"--float rounds nothing, so nothing is checked; drop --effort",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.effort = 0;
     }},
    {"--float rounds nothing, so nothing is checked; drop --min-sqnr and --min-correlation",
     [](auto& o) {
       o.mode = Mode::kFloat;
       o.min_sqnr = 20;
       o.min_correlation = 0.9;
     }},
    {"--min-agreement 101 cannot be", [](auto& o) { o.min_agreement = 101; }},
    {"--threads is 1 to 1024, not -1", [](auto& o) { o.threads = -1; }},
    {"there is no --weight-scale 'mse'; there are least-error, max",
     [](auto& o) { o.weight_scale = "mse"; }},
    {"there is no calibration 'entropy'", [](auto& o) { o.calibration = "entropy"; }},
    {"--exclude '(' is not a regular expression", [](auto& o) { o.exclude = "("; }},
    {"--decay is not in [0, 1)",
     [](auto& o) {
       o.calibration = "moving-average";
       o.decay = std::numeric_limits<float>::quiet_NaN();
     }},
};

TEST_CASE("Options that cannot take effect are refused with what to drop", "[convert]") {
  for (const Combination& combination : kRefused) {
    INFO(combination.says);
    ConvertOptions options;
    options.model = "there is no such file";
    combination.ask(options);
    CHECK_THAT(ErrorOf([&] { Convert(options); }), IsError(ErrorKind::kUsage, combination.says));
  }
}

TEST_CASE("What was not given is never refused", "[convert]") {
  const Mode mode = GENERATE(Mode::kInteger, Mode::kDynamic, Mode::kWeightsOnly, Mode::kFloat);
  ConvertOptions options;
  options.mode = mode;
  CHECK_NOTHROW(Validated(options));
  options.io = Io::kFloat32;
  options.layout = ConvertOptions::Layout::kKeep;
  CHECK_NOTHROW(Validated(options));
}

}  // namespace
}  // namespace qconvert
