// qtune: trains the quantized network on samples, and writes the file of the best state.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "cmd/command_line.h"
#include "cmd/conversion_flags.h"
#include "cmd/mains.h"
#include "lib/qconvert.h"

namespace qconvert {
namespace {

constexpr const char* kExamples = R"(Examples:
  qtune model.onnx --data train/ --labels train.csv -o model.tflite
  qtune model.onnx --data photos/                  # no labels: follows the float network
  qtune model.onnx --bits 4 --per-layer --data train/ --labels train.csv --epochs 10
  qtune model.onnx --data photos/ --teacher bigger.onnx
  qtune model.onnx --data train/ --save-onnx tuned.onnx   # the float network of the file, too
  qtune model.onnx --data train/ --state run.qtune # and after an interruption with --resume
Exit codes: 0 done, 2 usage, 3 unusable input, 4 unsupported model, 5 cannot write,
  130 interrupted: the state and the best file so far are written.)";

using Granularity = ConvertOptions::Granularity;

struct Flags {
  TuneOptions options;
  std::string json, html;
  bool per_layer = false, equalize = false, no_equalize = false;
};

void AddFileFlags(CLI::App& app, Flags& flags) {
  ConvertOptions& convert = flags.options.convert;
  AddModelFlags(app, convert);
  AddOutputFlag(app, "--json", flags.json, "write the summary as JSON; - for stdout");
  AddOutputFlag(app, "--html", flags.html,
                "write the curves of loss and validation as one HTML page; - for stdout");
  AddThreadsFlag(app, convert.threads, "threads; the file does not depend on them");
  app.add_flag("-q,--quiet", convert.quiet, "print errors only");
}

void AddQuantizerFlags(CLI::App& app, Flags& flags) {
  ConvertOptions& convert = flags.options.convert;
  app.add_option("--bits", convert.bits, "bits of the weights")
      ->check(CLI::IsMember({8, 4}).description(""))
      ->type_name("8|4")
      ->default_str("8");
  AddActivationBitsFlag(app, convert);
  app.add_option("--simulate-activation-bits", flags.options.simulated_activation_bits,
                 "for studies: train with activations of so few bits; the file clamps int8 ones "
                 "to them by MAXIMUM and MINIMUM, and is no smaller")
      ->check(CLI::Range(2, 7).description(""))
      ->type_name("2..7")
      ->default_str("none");
  AddAllLayersFlag(app, convert);
  app.add_flag("--per-layer", flags.per_layer, "one weight scale per layer, not per channel");
  AddSchemeFlag(app, convert);
  app.add_flag("--equalize", flags.equalize,
               "scale channels against each other before the training, where that lowers the "
               "measured error; with --per-layer this is tried by itself");
  app.add_flag("--no-equalize", flags.no_equalize, "leave the channels' scales as they are")
      ->excludes("--equalize");
  AddExtensionsFlag(app, convert);
  AddNodeFlags(app, convert);
  using Rounding = TuneOptions::Rounding;
  AddChoice<Rounding>(app, "--rounding", flags.options.rounding,
                      {{"nearest", Rounding::kNearest}, {"stochastic", Rounding::kStochastic}},
                      "of the weights while they are trained: to the nearest, or up or down by "
                      "chance, for comparison; the file has the nearest")
      ->default_str("nearest");
  using Ranges = TuneOptions::Ranges;
  AddChoice<Ranges>(app, "--ranges", flags.options.ranges,
                    {{"learned", Ranges::kLearned}, {"fixed", Ranges::kFixed}},
                    "scales of weights and activations: trained, too, or as the calibration finds "
                    "them")
      ->default_str("learned");
}

void AddSampleFlags(CLI::App& app, TuneOptions& options) {
  app.add_option("--labels", options.labels,
                 "classes of the samples: a file with one a line, a CSV, an IDX file, or a folder "
                 "of folders; without them the float network is followed")
      ->type_name("PATH");
  app.add_option("--validation", options.validation.paths,
                 "samples that decide which state is written; without, every tenth of --data is "
                 "held out, at most 5000")
      ->type_name("PATH");
  app.add_option("--validation-samples", options.validation.samples,
                 "take so many samples of --validation, spread evenly")
      ->check(CLI::PositiveNumber.description(""))
      ->type_name("N")
      ->default_str("all");
  app.add_option("--validation-labels", options.validation_labels,
                 "classes of the samples of --validation")
      ->type_name("PATH");
  app.add_option("--validate-every", options.validate_every, "steps between two validations")
      ->check(CLI::PositiveNumber.description(""))
      ->type_name("STEPS")
      ->default_str("those of an epoch");
}

void AddAugmentationFlags(CLI::App& app, TuneOptions& options) {
  app.add_flag("--flip", options.flip,
               "mirror left and right of every other picture, drawn anew in each epoch");
  app.add_option("--padded-crop", options.padded_crop,
                 "put so many pixels of black around a picture and cut its size out, drawn anew in "
                 "each epoch")
      ->check(CLI::Range(1, 4096).description(""))
      ->type_name("PIXELS")
      ->default_str("none");
}

void AddLossFlags(CLI::App& app, TuneOptions& options) {
  using Loss = TuneOptions::Loss;
  AddChoice<Loss>(app, "--loss", options.loss, {{"auto", Loss::kAuto}, {"squares", Loss::kSquares}},
                  "auto: cross-entropy where an output is a vector of scores, else squared errors; "
                  "squares: those everywhere")
      ->default_str("auto");
  app.add_option("--distillation", options.distillation,
                 "with --labels: share of the teacher's answers in the loss")
      ->check(CLI::Range(0.0, 1.0).description(""))
      ->type_name("0..1")
      ->default_str("0.5");
  app.add_option("--teacher", options.teacher,
                 "follow another float network, which reads the same inputs and gives the same "
                 "outputs; --shape, --inputs and --outputs hold for both")
      ->type_name("MODEL.onnx")
      ->default_str("the model itself");
  app.add_option("--temperature", options.temperature,
                 "that scores are divided by before the teacher's are followed")
      ->check(CLI::PositiveNumber.description(""))
      ->type_name("T")
      ->default_str("2");
}

void AddTrainingFlags(CLI::App& app, TuneOptions& options) {
  app.add_option("--epochs", options.epochs, "passes over the samples")
      ->check(CLI::Range(1, 100000).description(""))
      ->type_name("N")
      ->default_str("3");
  app.add_option("--batch", options.batch, "samples of a step")
      ->check(CLI::Range(1, 65536).description(""))
      ->type_name("N")
      ->default_str("32");
  app.add_option("--micro-batch", options.micro_batch,
                 "samples of a batch that are in memory at once; gradients are added over the "
                 "batch. Below 8 it saves memory, and fewer threads than samples work")
      ->check(CLI::Range(1, 65536).description(""))
      ->type_name("N")
      ->default_str("--batch");
  AddChoice<std::string>(app, "--optimizer", options.optimizer, {{"adam", "adam"}, {"sgd", "sgd"}},
                         "adam: a rate of its own for each parameter; sgd: gradient descent with "
                         "momentum")
      ->default_str("adam");
  app.add_option("--learning-rate", options.learning_rate,
                 "at its highest; of adam relative to the size of a layer's weights")
      ->check(CLI::PositiveNumber.description(""))
      ->type_name("RATE")
      ->default_str("adam: 0.003, less below 1000 steps; sgd: 0.001");
  app.add_option("--momentum", options.momentum, "of --optimizer sgd")
      ->check(CLI::Range(0.0, 0.9999).description(""))
      ->type_name("0..0.9999")
      ->default_str("0.9");
  app.add_option("--weight-decay", options.weight_decay, "pull of weights towards 0")
      ->check(CLI::NonNegativeNumber.description(""))
      ->type_name("RATE")
      ->default_str("0");
  using Schedule = TuneOptions::Schedule;
  AddChoice<Schedule>(
      app, "--schedule", options.schedule,
      {{"cosine", Schedule::kCosine}, {"step", Schedule::kStep}, {"constant", Schedule::kConstant}},
      "how the rate falls: along a cosine to 0; to a tenth after half and to a hundredth after "
      "three quarters of the steps; or not")
      ->default_str("cosine");
  app.add_option("--warm-up", options.warm_up, "steps on which the rate grows from 0")
      ->check(CLI::NonNegativeNumber.description(""))
      ->type_name("STEPS")
      ->default_str("0");
  app.add_option("--ema", options.ema,
                 "write an average of the weights that keeps so much of itself at each step; an "
                 "average often lies between two integers and rounds worse")
      ->check(CLI::Range(0.0, 0.99999).description(""))
      ->type_name("0..0.99999")
      ->default_str("0: the weights");
  app.add_option("--seed", options.seed,
                 "of the order of the samples, and of what --flip and --padded-crop draw")
      ->default_str("0");
}

void AddBatchNormFlags(CLI::App& app, TuneOptions& options) {
  using BatchNorm = TuneOptions::BatchNorm;
  AddChoice<BatchNorm>(
      app, "--batch-norm", options.batch_norm,
      {{"corrected", BatchNorm::kCorrected},
       {"naive", BatchNorm::kNaive},
       {"frozen", BatchNorm::kFrozen}},
      "batch norms that the model keeps: with the statistics of batches, while weights round as "
      "with the running ones (corrected) or as with the batch's (naive); or folded before training")
      ->default_str("frozen");
  app.add_option("--freeze-bn-after", options.freeze_bn_after,
                 "steps with statistics of batches; then the running ones stay as they are")
      ->check(CLI::NonNegativeNumber.description(""))
      ->type_name("STEPS")
      ->default_str("all");
}

void AddStateFlags(CLI::App& app, TuneOptions& options) {
  app.add_option("--state", options.state,
                 "keep the state of the training here, written at each validation")
      ->type_name("FILE");
  app.add_flag("--resume", options.resume,
               "go on from --state; the file is the same as without the interruption");
  app.add_option("--save-onnx", options.save_onnx,
                 "write the float model, too: its own file with trained weights, all else as it is")
      ->type_name("FILE.onnx");
  app.add_option("--log", options.log, "append a line of JSON at each validation")
      ->type_name("FILE");
}

void PrintProgress(const TuneProgress& progress) {
  const std::string best =
      fmt::format("best {:.2f}, without training {:.2f}", progress.best, progress.plain);
  fmt::print(stderr, "step {} of {}: loss {:.4f}, validation {:.2f} {} ({}), {:.0f} s left\n",
             progress.step, progress.steps, progress.loss, progress.validation, progress.unit, best,
             progress.seconds_left);
}

std::string AccuracyText(const TunedAccuracy& accuracy) {
  std::string text;
  if (accuracy.top1_percent) text += fmt::format("top-1 {:.2f} %, ", *accuracy.top1_percent);
  if (accuracy.agreement_percent) {
    text += fmt::format("agreement {:.2f} %, ", *accuracy.agreement_percent);
  }
  return text + Decibels(accuracy.sqnr_db);
}

void PrintSummary(const TuneSummary& summary) {
  fmt::print("mode:        {}\n", summary.mode);
  fmt::print("calibration: {}\n", summary.calibration);
  fmt::print("trained:     {} parameters, {} steps on {} samples, last loss {:.4f}\n",
             summary.parameters, summary.steps, summary.training_samples, summary.last_loss);
  if (!summary.equalization.empty()) fmt::print("equalized:   {}\n", summary.equalization);
  if (!summary.rounding.empty()) fmt::print("rounding:    {}\n", summary.rounding);
  fmt::print("batch norm:  {}\n", summary.batch_norm);
  fmt::print("validation:  {}\n", summary.validation);
  if (summary.float_top1_percent) {
    fmt::print("float:       top-1 {:.2f} %\n", *summary.float_top1_percent);
  }
  fmt::print("untrained:   {}\n", AccuracyText(summary.plain));
  fmt::print("{}\n", summary.is_tuned
                         ? "tuned:       " + AccuracyText(summary.tuned)
                         : "tuned:       nothing is gained; the file is that without training");
  fmt::print("written:     {} ({}, {:.1f} s)\n", summary.output, Megabytes(summary.output_bytes),
             summary.seconds);
}

void WriteReports(const Flags& flags, const TuneSummary& summary) {
  WriteReport(flags.json, ToJson(summary));
  WriteReport(flags.html, ToHtml(summary));
}

int Run(Flags& flags) {
  TuneOptions& options = flags.options;
  if (options.convert.model.empty()) {
    Fail(ErrorKind::kUsage, "no model given; see qtune --help");
  }
  if (flags.per_layer) options.convert.granularity = Granularity::kPerLayer;
  if (flags.equalize || flags.no_equalize) options.equalize = flags.equalize;
  SettleOutputs({&options.convert.output, &flags.json, &flags.html});
  options.convert.reports = {flags.json, flags.html};
  if (!options.convert.quiet) {
    options.report = PrintProgress;
    options.announce = [](const std::string& text) { fmt::print(stderr, "{}\n", text); };
  }
  options.interrupted = [&flags](const TuneSummary& summary) { WriteReports(flags, summary); };
  const TuneSummary summary = Tune(options);
  WriteReports(flags, summary);
  if (!options.convert.quiet) PrintSummary(summary);
  return 0;
}

}  // namespace
}  // namespace qconvert

int QtuneMain(int argc, char** argv) {
  CLI::App app("Trains the quantized network of a float one on samples, and writes it as TFLite.",
               "qtune");
  app.footer(qconvert::kExamples);
  app.set_version_flag("--version", "qtune " QCONVERT_VERSION);
  qconvert::Flags flags;
  qconvert::AddFileFlags(app, flags);
  qconvert::AddQuantizerFlags(app, flags);
  qconvert::AddSampleFlags(app, flags.options);
  qconvert::AddAugmentationFlags(app, flags.options);
  qconvert::AddLossFlags(app, flags.options);
  qconvert::AddTrainingFlags(app, flags.options);
  qconvert::AddBatchNormFlags(app, flags.options);
  qconvert::AddStateFlags(app, flags.options);
  qconvert::AddDataFlags(app, flags.options.convert.data, "");
  qconvert::AddShapeFlag(app, flags.options.convert.shapes);
  qconvert::AddCutFlags(app, flags.options.convert.inputs, flags.options.convert.outputs);
  return qconvert::RunCommand(app, argc, argv, [&] { return qconvert::Run(flags); });
}
