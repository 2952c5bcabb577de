#include "cmd/quantizer_flags.h"

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "cmd/command_line.h"
#include "cmd/conversion_flags.h"
#include "lib/calibration/range_method.h"
#include "lib/quantization/rounding.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;
using Granularity = ConvertOptions::Granularity;
using CalibrationPrecision = ConvertOptions::CalibrationPrecision;

void AddRoundingFlags(CLI::App& app, ConvertOptions& options) {
  AddMethods(app, "--rounding", "how weights become integers", RoundingMethods(), options.rounding);
  app.add_option(
         "--seed", options.seed,
         "of --rounding stochastic, spfq and blocks, and of strategies of --search that draw")
      ->default_str("0");
  app.add_option("--sparsity", options.sparsity,
                 "of --rounding gpfq and spfq: weights below so many root mean squares of their "
                 "channel become 0")
      ->check(CLI::Range(0.0, 0.9999).description(""))
      ->type_name("0..0.9999")
      ->default_str("0");
  app.add_option(
         "--memory", options.memory_mib,
         "most that the matrices of one layer may take under --rounding, of which larger ones "
         "are split; under --rounding blocks most that the activations between two blocks "
         "may take, which bounds the samples")
      ->check(CLI::Range(1, 1 << 20).description(""))
      ->type_name("MIB")
      ->default_str("1024");
}

void AddEqualizeFlag(CLI::App& app, ConvertOptions& options) {
  app.add_flag("--equalize", options.equalize,
               "move scales between operators and biases behind them, chain by chain, where that "
               "raises the SQNR on the samples; takes as long as several conversions");
}

}  // namespace

void AddQuantizerFlags(CLI::App& app, ConvertOptions& options, QuantizerFlags& flags) {
  auto* per_channel =
      app.add_flag("--per-channel", flags.per_channel, "one weight scale per channel (default)");
  app.add_flag("--per-layer", flags.per_layer, "one weight scale per layer")->excludes(per_channel);
  AddSchemeFlag(app, options);
  AddChoice<std::string>(
      app, "--weight-scale", options.weight_scale, {{"least-error", "least-error"}, {"max", "max"}},
      "scale of a channel's symmetric weights: searched for the least error of its results, or "
      "max|w| / 127")
      ->default_str("least-error");
  AddRoundingFlags(app, options);
  AddEqualizeFlag(app, options);
  app.add_option("--bits", options.bits, "bits of the weights (16: float16, float arithmetic)")
      ->check(CLI::IsMember({8, 4, 16}).description(""))
      ->type_name("8|4|16")
      ->default_str("8");
  app.add_option(
         "--codebook", options.codebook,
         "store each layer's weights as indices into K values, found by k-means, and "
         "compute in float; it loses to --weights-only, whose scales per channel are nearer "
         "at the same bits, and LiteRT looks weights up at each inference")
      ->check(CLI::Range(2, 256).description(""))
      ->type_name("2..256");
  AddActivationBitsFlag(app, options);
  app.add_option("--accumulator-bits", options.accumulator_bits,
                 "bits that hold every sum of a node's products and bias, whatever the inputs; "
                 "weight scales grow until they do (from 20; with --bits 4 from 16)")
      ->check(CLI::Range(16, 32).description(""))
      ->type_name("16..32")
      ->default_str("32");
  AddAllLayersFlag(app, options);
  auto* weights_only =
      app.add_flag("--weights-only", flags.weights_only,
                   "integer weights, float arithmetic; needs no --data, but uses it");
  auto* dynamic = app.add_flag("--dynamic", flags.dynamic,
                               "8-bit weights per channel, float activations that LiteRT rounds to "
                               "8 bits while it runs; needs no --data, but uses it")
                      ->excludes(weights_only);
  app.add_flag("--float", flags.floating, "convert without quantizing")
      ->excludes(weights_only)
      ->excludes(dynamic);
  AddExtensionsFlag(app, options);
  app.add_flag("--strict", options.strict, "fail when an operator would stay float");
  AddNodeFlags(app, options);
  AddMethods(app, "--calibration", "how what samples show becomes the range of a tensor",
             RangeMethods(), options.calibration)
      ->default_str(fmt::format("{}; with --effort 0 min-max", RangeMethods().front()->name));
  AddChoice<CalibrationPrecision>(
      app, "--calibration-precision", options.calibration_precision,
      {{"float32", CalibrationPrecision::kFloat32}, {"bf16", CalibrationPrecision::kBFloat16}},
      "arithmetic of the calibration; bf16 is faster on processors that have it, and rounds")
      ->default_str("float32");
  using BiasCorrection = ConvertOptions::BiasCorrection;
  AddChoice<BiasCorrection>(
      app, "--bias-correction", options.bias_correction,
      {{"sequential", BiasCorrection::kSequential}, {"none", BiasCorrection::kNone}},
      "biases that bring the means of a layer's results back to the float network's, layer by "
      "layer on 8 samples, or as they are")
      ->default_str("sequential where there are samples");
  app.add_option("--decay", options.decay, "of the moving average")
      ->check(CLI::Range(0.0, 0.9999).description(""))
      ->type_name("0..0.9999")
      ->default_str("0.95");
  app.add_option("--percentile", options.percentile,
                 "of the percentile: share of the values within a range")
      ->check(CLI::Range(50.001, 100.0).description(""))
      ->type_name("50.001..100")
      ->default_str("99.99");
}

void SettleQuantizer(const QuantizerFlags& flags, ConvertOptions& options) {
  if (flags.per_layer) options.granularity = Granularity::kPerLayer;
  if (flags.per_channel) options.granularity = Granularity::kPerChannel;
  if (flags.floating) options.mode = Mode::kFloat;
  if (flags.dynamic) options.mode = Mode::kDynamic;
  if (flags.weights_only) options.mode = Mode::kWeightsOnly;
}

}  // namespace qconvert
