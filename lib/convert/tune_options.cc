#include "lib/convert/tune_options.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/error.h"
#include "lib/convert/load_model.h"

namespace qconvert {
namespace {

void Require(bool holds, const std::string& message) {
  if (!holds) Fail(ErrorKind::kUsage, message);
}

constexpr auto kUsualBatchNorm = TuneOptions::BatchNorm::kFrozen;

void RequireValues(const TuneOptions& options) {
  Require(options.epochs >= 1 && options.epochs <= 100000, "--epochs is 1 to 100000");
  Require(options.batch >= 1 && options.batch <= 65536, "--batch is 1 to 65536");
  Require(options.micro_batch >= 0 && options.micro_batch <= options.batch,
          "--micro-batch is 1 to --batch");
  Require(options.padded_crop >= 0, "--padded-crop is above 0");
  Require(options.warm_up >= 0, "--warm-up is not below 0");
  Require(options.validate_every >= 0, "--validate-every is not below 0");
  Require(options.ema >= 0 && options.ema < 1, "--ema is not in [0, 1)");
  Require(options.weight_decay >= 0, "--weight-decay is not below 0");
  Require(options.learning_rate.value_or(1) > 0, "--learning-rate is above 0");
  const int narrow = options.simulated_activation_bits.value_or(4);
  Require(narrow >= 2 && narrow <= 7, "--simulate-activation-bits is 2 to 7");
  const double momentum = options.momentum.value_or(0);
  Require(momentum >= 0 && momentum < 1, "--momentum is not in [0, 1)");
  const double share = options.distillation.value_or(0);
  Require(share >= 0 && share <= 1, "--distillation is not in [0, 1]");
  Require(options.temperature.value_or(1) > 0, "--temperature is above 0");
  Require(options.freeze_bn_after.value_or(0) >= 0, "--freeze-bn-after is not below 0");
}

using Norms = TuneOptions::BatchNorm;

void RefuseStatistics(const TuneOptions& options) {
  const bool frozen = options.batch_norm.value_or(kUsualBatchNorm) == Norms::kFrozen;
  Require(options.batch > 1 || frozen,
          "a batch of one sample has no statistics; use --batch 2 or more, or --batch-norm frozen");
  Require(
      options.micro_batch != 1 || frozen,
      "the statistics are a micro-batch's, and one sample has none; use --micro-batch 2 or more, "
      "or --batch-norm frozen");
  Require(!frozen || !options.freeze_bn_after,
          "--freeze-bn-after ends the statistics of batches, and batch norms are frozen from the "
          "beginning; drop it");
}

/// Equalized weights are no longer the model's: neither batch norms nor its own file fit them.
void RefuseEqualization(const TuneOptions& options) {
  if (!options.equalize.value_or(false)) return;
  Require(options.batch_norm.value_or(kUsualBatchNorm) == Norms::kFrozen,
          "--equalize scales folded weights; drop it or train with --batch-norm frozen");
  Require(options.save_onnx.empty(),
          "--equalize scales weights, which --save-onnx could not write back; drop one");
}

/// Returns whether a training may begin with other weights than the model's.
bool MayChangeWeights(const TuneOptions& options) {
  return options.batch_norm.value_or(kUsualBatchNorm) == Norms::kFrozen &&
         options.save_onnx.empty();
}

bool EqualizesByItself(const TuneOptions& options) {
  return options.convert.granularity == ConvertOptions::Granularity::kPerLayer &&
         MayChangeWeights(options);
}

void RefuseWithoutEffect(const TuneOptions& options) {
  Require(!options.convert.data.paths.empty(), "training needs samples; add --data");
  Require(options.convert.mode == ConvertOptions::Mode::kInteger && options.convert.bits != 16,
          "only integer networks are trained");
  Require(!options.simulated_activation_bits || options.convert.activation_bits != 16,
          "--simulate-activation-bits is of int8 activations; drop it or --activation-bits 16");
  Require(options.rounding == TuneOptions::Rounding::kNearest ||
              options.batch_norm != TuneOptions::BatchNorm::kNaive,
          "--batch-norm naive rounds weights to the nearest; drop it or --rounding stochastic");
  Require(!options.momentum || options.optimizer == "sgd",
          "--momentum is of --optimizer sgd; drop --momentum");
  Require(!options.resume || !options.state.empty(),
          "--resume goes on from a state; add --state FILE");
  Require(options.state != "-" && options.log != "-" && options.save_onnx != "-",
          "--state, --log and --save-onnx are files, not the standard output; name one");
  Require(options.validation_labels.empty() || !options.validation.paths.empty(),
          "--validation-labels are of --validation, and it gives no samples; drop it");
  Require(options.validation.samples == 0 || !options.validation.paths.empty(),
          "--validation-samples are of --validation, and it gives no samples; drop it");
  Require(options.loss != TuneOptions::Loss::kSquares ||
              (options.labels.empty() && !options.distillation && !options.temperature),
          "--loss squares compares with the float network's values; drop --labels, --distillation "
          "and --temperature");
  Require(
      !options.distillation || !options.labels.empty(),
      "--distillation shares the loss with labels, and there are none; add --labels or drop it");
  Require(options.distillation != 0 || !options.temperature,
          "--temperature is of the distillation, and --distillation 0 has none; drop one");
  Require(options.distillation != 0 || options.teacher.empty(),
          "--distillation 0 follows no teacher; drop it or --teacher");
}

}  // namespace

TuneOptions Validated(const TuneOptions& options) {
  TuneOptions settled = options;
  settled.optimizer = options.optimizer.value_or(std::string(OptimizerMethods().front()->name));
  const OptimizerMethod* optimizer = FindOptimizerMethod(*settled.optimizer);
  Require(optimizer != nullptr, "there is no --optimizer '" + *settled.optimizer + "'");
  RequireValues(options);
  RefuseWithoutEffect(options);
  RefuseStatistics(options);
  RefuseEqualization(options);
  settled.batch_norm = options.batch_norm.value_or(kUsualBatchNorm);
  settled.equalize = options.equalize.value_or(EqualizesByItself(options));
  settled.momentum = options.momentum.value_or(OptimizerSettings{}.momentum);
  settled.distillation = options.distillation.value_or(options.labels.empty() ? 1 : 0.5);
  settled.temperature = options.temperature.value_or(2);
  return settled;
}

const RoundingMethod& FirstRounding(const TuneOptions& options, const ConvertOptions& settled) {
  return *settled.bits == 4 && MayChangeWeights(options) ? *FindRoundingMethod("gptq")
                                                         : *RoundingMethods().front();
}

BatchNormTraining TrainingOf(TuneOptions::BatchNorm chosen) {
  if (chosen == Norms::kFrozen) return BatchNormTraining::kFrozen;
  return chosen == Norms::kNaive ? BatchNormTraining::kNaive : BatchNormTraining::kCorrected;
}

TrainingSettings SettingsOf(const TuneOptions& options, size_t samples, bool labelled) {
  TrainingSettings settings;
  settings.optimizer = FindOptimizerMethod(*options.optimizer);
  settings.batch = std::min(static_cast<size_t>(options.batch), samples);
  settings.micro_batch = std::min(static_cast<size_t>(options.micro_batch), settings.batch);
  const uint64_t steps = static_cast<uint64_t>(options.epochs) * (samples / settings.batch);
  using Chosen = TuneOptions::Schedule;
  const auto kind = options.schedule == Chosen::kCosine ? Schedule::Kind::kCosine
                    : options.schedule == Chosen::kStep ? Schedule::Kind::kStep
                                                        : Schedule::Kind::kConstant;
  const double rate = options.learning_rate.value_or(UsualRate(*settings.optimizer, steps));
  settings.schedule = {kind, rate, static_cast<uint64_t>(options.warm_up), steps};
  Require(settings.schedule.warm_up < steps,
          fmt::format("--warm-up {} leaves none of the {} steps to train", options.warm_up, steps));
  settings.optimizer_settings = {*options.momentum, options.weight_decay};
  settings.stochastic = options.rounding == TuneOptions::Rounding::kStochastic;
  settings.loss = {labelled ? *options.distillation : 1, *options.temperature};
  settings.ema = options.ema;
  settings.seed = options.seed;
  settings.batch_norm = TrainingOf(*options.batch_norm);
  if (options.freeze_bn_after) {
    settings.freeze_after = static_cast<uint64_t>(*options.freeze_bn_after);
  }
  return settings;
}

std::vector<std::string> RunText(const TuneOptions& options, const ConvertOptions& settled,
                                 size_t samples) {
  const auto number = [](auto value) { return static_cast<int>(value); };
  return {
      fmt::format("model {:016x}", ModelHash(settled.model)),
      options.teacher.empty() ? "teacher the model"
                              : fmt::format("teacher {:016x}", ModelHash(options.teacher)),
      fmt::format("shapes {} inputs {} outputs {}", settled.shapes, settled.inputs,
                  settled.outputs),
      fmt::format("bits {} activation-bits {} granularity {} scheme {} all-layers {} exclude '{}' "
                  "wide '{}'",
                  *settled.bits, *settled.activation_bits, number(*settled.granularity),
                  number(*settled.scheme), settled.all_layers, settled.exclude, settled.wide),
      fmt::format("io {} layout {} calibration {} effort {}", number(settled.io),
                  number(settled.layout), *settled.calibration, *settled.effort),
      fmt::format("samples {} of {}", samples, fmt::join(settled.data.paths, " ")),
      "preprocessing " + ToText(PreprocessingOf(settled.data)),
      fmt::format("labels '{}'", options.labels),
      fmt::format("validation {} labels '{}' samples {}", fmt::join(options.validation.paths, " "),
                  options.validation_labels, options.validation.samples),
      fmt::format("--epochs {}", options.epochs),
      fmt::format("--batch {}", options.batch),
      fmt::format("--micro-batch {}", options.micro_batch),
      fmt::format("--flip {} --padded-crop {}", options.flip, options.padded_crop),
      fmt::format("--optimizer {}", *options.optimizer),
      fmt::format("--learning-rate {}", options.learning_rate.value_or(0)),
      fmt::format("--momentum {}", *options.momentum),
      fmt::format("--weight-decay {}", options.weight_decay),
      fmt::format("--schedule {}", number(options.schedule)),
      fmt::format("--warm-up {}", options.warm_up),
      fmt::format("--ema {}", options.ema),
      fmt::format("--seed {}", options.seed),
      fmt::format("--equalize {}", *options.equalize),
      fmt::format("--ranges {} --rounding {} --simulate-activation-bits {}", number(options.ranges),
                  number(options.rounding), options.simulated_activation_bits.value_or(8)),
      fmt::format("--batch-norm {} --freeze-bn-after {}", number(*options.batch_norm),
                  options.freeze_bn_after.value_or(-1)),
      fmt::format("--save-onnx {}", options.save_onnx.empty() ? "no" : "yes"),
      fmt::format("--loss {}", number(options.loss)),
      fmt::format("--distillation {}", *options.distillation),
      fmt::format("--temperature {}", *options.temperature),
      fmt::format("--validate-every {}", options.validate_every)};
}

}  // namespace qconvert
