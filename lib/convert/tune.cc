// The training pipeline: the conversion's own stages up to its file, then a training that begins
// there.
#include <algorithm>
#include <chrono>
#include <new>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/cut_files.h"
#include "lib/base/interrupt.h"
#include "lib/base/output_file.h"
#include "lib/base/resident_memory.h"
#include "lib/convert/equalize_network.h"
#include "lib/convert/make_file.h"
#include "lib/convert/open_network.h"
#include "lib/convert/protect_inputs.h"
#include "lib/convert/teacher.h"
#include "lib/convert/training_run.h"
#include "lib/convert/tune_options.h"
#include "lib/convert/unfolded_model.h"
#include "lib/convert/validate_options.h"
#include "lib/math/binomial.h"
#include "lib/qconvert.h"
#include "lib/tuning/tuned_graph.h"

namespace qconvert {
namespace {

constexpr size_t kMostCalibrated = 256;  // of the samples: as in a conversion

/// What the conversion's stages give to train.
struct Prepared {
  Graph quantized;
  std::string mode, calibration, rounding;
  std::vector<std::string> warnings;
};

/// Returns the options of the conversion that the training begins with.
ConvertOptions CalibrationOptions(ConvertOptions settled) {
  if (settled.data.samples > 0) {
    settled.data.samples = std::min(settled.data.samples, kMostCalibrated);
  }
  return settled;
}

/// The file that chooses the ranges is rounded to the nearest, which takes seconds.
Prepared Prepare(FloatNetwork& network, ConvertOptions options, const RoundingMethod& rounding,
                 ThreadPool& threads) {
  const CalibrationSamples samples = OpenCalibrationSamples(options, network.graph());
  NetworkObservation observed = ObserveNetwork(network, samples, options, threads);
  Prepared prepared;
  prepared.warnings = MakeFile(network, observed, samples, options, threads).report.warnings;
  options.rounding = std::string(rounding.name);
  QuantizedNetwork quantized =
      QuantizeNetwork(network.graph(), observed, samples, options, threads);
  prepared.quantized = std::move(quantized.graph);
  prepared.mode = ModeText(options, quantized.report);
  prepared.rounding = quantized.rounding;
  prepared.calibration = observed.calibration.text;
  for (const auto* warnings : {&observed.calibration.warnings, &observed.warnings}) {
    prepared.warnings.insert(prepared.warnings.end(), warnings->begin(), warnings->end());
  }
  return prepared;
}

std::vector<TensorId> StudentsOf(const std::vector<LossTensor>& losses) {
  std::vector<TensorId> students;
  for (const LossTensor& loss : losses) students.push_back(loss.student);
  return students;
}

/// Says which layers keep their weights, and why.
std::vector<std::string> WarningsOf(const TrainedGraph& graph, const UnfoldedModel& unfolded) {
  std::vector<std::string> warnings;
  if (!graph.blocking().empty()) {
    warnings.push_back(fmt::format("no gradient passes {}", fmt::join(graph.blocking(), ", ")));
  }
  if (!graph.frozen().empty()) {
    warnings.push_back(fmt::format("not trained, for no gradient reaches them: {}",
                                   fmt::join(graph.frozen(), ", ")));
  }
  if (const auto kept = unfolded.kept(); !kept.empty()) {
    warnings.push_back(fmt::format(
        "not trained, for the model holds nothing that --save-onnx could write instead: {}",
        fmt::join(kept, ", ")));
  }
  return warnings;
}

TunedAccuracy AccuracyOf(const Comparison& comparison) {
  TunedAccuracy accuracy;
  if (comparison.candidate) {
    accuracy.top1_percent = Percent(comparison.candidate->top1, comparison.samples);
  }
  if (comparison.agreement) {
    accuracy.agreement_percent = Percent(*comparison.agreement, comparison.samples);
  }
  accuracy.sqnr_db = comparison.worst_sqnr_db();
  return accuracy;
}

/// Says so where the validation does not tell the trained file from the other.
std::optional<std::string> WhyMayBeChance(const ValidationScore& plain,
                                          const ValidationScore& tuned) {
  if (tuned.right <= plain.right) return std::nullopt;
  if (!IsByChance(plain.samples - plain.right, tuned.samples - tuned.right)) return std::nullopt;
  return fmt::format(
      "training wins {} of {} samples of the validation, which may be chance; judge the file with "
      "qeval on others",
      tuned.right - plain.right, plain.samples);
}

void RequireScores(const TuneOptions& options, const std::vector<LossTensor>& losses) {
  if (options.labels.empty()) return;
  if (!losses.empty() && losses.front().scores) return;
  Fail(ErrorKind::kUsage,
       "--labels need a first output of scores, a vector with one for each class; drop --labels");
}

/// Returns the most memory that the run takes. A validation takes the file's values in reals, the
/// graph, its file, and the kernels' copy of the weights.
size_t MostMemory(const Trainer& trainer, const JudgedFile& plain) {
  const size_t file = plain.bytes->size();
  const size_t judging = trainer.parameter_bytes() + 4 * file, best = file;
  return std::max(PeakResidentBytes(), ResidentBytes() + trainer.state_bytes() + best +
                                           std::max(trainer.step_bytes(), judging));
}

void RequireOutputs(const TuneOptions& options, const std::string& output) {
  ProtectInputs(options, output);
  RequireWritable(output);
  RequireReportable(options.convert.reports);
  RequireReportable({options.state, options.log, options.save_onnx});
}

/// One run of Tune, stage by stage.
class Tuning {
 public:
  Tuning(const TuneOptions& options, const ConvertOptions& settled)
      : options_(options),
        settled_(settled),
        output_(OutputOf(settled)),
        threads_(settled.threads),
        network_(OpenNetwork(settled, "")) {}

  TuneSummary Run() {
    RequireUnquantized(settled_.model, network_.graph(),
                       "train its float original, or convert it as it is with qconvert");
    RequireNamed(network_.graph(), "--exclude", settled_.exclude);
    RequireNamed(network_.graph(), "--wide", settled_.wide);
    RequireOutputs(options_, output_);
    if (!options_.teacher.empty()) {
      other_teacher_.emplace(OpenTeacher(options_, settled_, network_.graph()));
    }
    samples_ = OpenTuningSamples(options_, network_.graph());
    const AugmentedPictures augmented(options_, network_.graph());
    Naming(settled_.model, [&] { PrepareAndTrain(augmented); });
    ThrowIfInterrupted();
    RequireWholeFiles();
    network_.RequireUnchanged();
    teacher().RequireUnchanged();
    return std::move(summary_);
  }

 private:
  FloatNetwork& teacher() { return other_teacher_ ? *other_teacher_ : network_; }

  /// Without labels a state is judged by whom it follows.
  TuningJudge MakeJudge() {
    const bool labelled = !samples_.validation.labels.empty();
    if (other_teacher_ && !labelled) samples_.validation_text += ", against the teacher";
    return TuningJudge(labelled ? network_ : teacher(), samples_.validation,
                       settled_.allow_extensions, threads_, settled_.quiet);
  }

  /// Lets the float network have weights of like size in all channels, so that one scale fits them.
  /// Files with 8-bit weights are compared: those with 4 may all be worthless before the training.
  void Equalize() {
    ConvertOptions options = CalibrationOptions(settled_);
    options.bits = 8;
    const CalibrationSamples samples = OpenCalibrationSamples(options, network_.graph());
    network_.Release();
    const auto load = [&] { return OpenNetwork(options, ""); };
    const NetworkEqualization found = FindEqualization(load, samples, options, threads_);
    summary_.equalization = ToText(found);
    ApplyEqualization(found, network_);
  }

  void PrepareAndTrain(const AugmentedPictures& augmented) {
    if (*options_.equalize) Equalize();
    const Prepared prepared = Prepare(network_, CalibrationOptions(settled_),
                                      FirstRounding(options_, settled_), threads_);
    std::vector<LossTensor> losses = FindLossTensors(network_.graph(), prepared.quantized,
                                                     options_.loss == TuneOptions::Loss::kAuto);
    RequireScores(options_, losses);
    UnfoldedModel unfolded(options_, network_.graph());
    TrainedGraph graph(network_.graph(), prepared.quantized, StudentsOf(losses),
                       options_.ranges == TuneOptions::Ranges::kLearned ? RangeTraining::kLearned
                                                                        : RangeTraining::kFixed,
                       unfolded.trained_norms(), options_.simulated_activation_bits.value_or(8));
    graph.BeginWithIntegers();
    unfolded.Restrict(network_.graph(), graph);
    summary_.batch_norm = unfolded.BatchNormText(graph);
    summary_.warnings = prepared.warnings;
    summary_.mode = prepared.mode;
    if (const auto bits = options_.simulated_activation_bits) {
      summary_.mode += fmt::format(", activations of {} bits, simulated", *bits);
    }
    summary_.calibration = prepared.calibration;
    summary_.rounding = prepared.rounding;
    for (std::string& warning : WarningsOf(graph, unfolded)) {
      summary_.warnings.push_back(std::move(warning));
    }
    if (other_teacher_) FollowOther(network_.graph(), teacher().graph(), losses);
    const TuningJudge judge = MakeJudge();
    EpochSamples samples(samples_.training, losses, augmented, teacher(), threads_, settled_.quiet);
    network_.Release();
    if (!augmented.any()) teacher().Release();
    const bool simulated = options_.simulated_activation_bits.has_value();
    const Graph plain = simulated ? TunedGraphOf(graph, graph.initial()) : prepared.quantized;
    Train(graph, unfolded, judge, judge.Judge(plain), samples);
  }

  void Train(const TrainedGraph& graph, const UnfoldedModel& unfolded, const TuningJudge& judge,
             const JudgedFile& plain, EpochSamples& samples) {
    const TrainingSet& set = samples.set();
    const bool labelled = !set.labels.empty();
    const TrainingSettings settings = SettingsOf(options_, set.count, labelled);
    Trainer trainer(graph, set, settings, threads_);
    Announce(graph, plain, trainer, settings);
    const std::vector<std::string> text = RunText(options_, settled_, set.count);
    const uint64_t epoch = set.count / settings.batch;
    const uint64_t every =
        options_.validate_every > 0 ? static_cast<uint64_t>(options_.validate_every) : epoch;
    TrainingRun run({options_, graph, samples, judge, plain, text}, trainer, settings.schedule,
                    every);
    try {
      run.Train();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInterrupted) {
        Write(graph, unfolded, run);
        Summarize(plain, run);
        if (options_.interrupted) options_.interrupted(summary_);
      }
      throw;
    }
    Write(graph, unfolded, run);
    Summarize(plain, run);
  }

  void Write(const TrainedGraph& graph, const UnfoldedModel& unfolded,
             const TrainingRun& run) const {
    WriteFile(output_, *run.best().bytes);
    unfolded.Save(graph, run.is_tuned() ? &run.state().best : nullptr);
  }

  void Announce(const TrainedGraph& graph, const JudgedFile& plain, const Trainer& trainer,
                const TrainingSettings& settings) {
    summary_.training_samples = samples_.training.places.size();
    summary_.validation_samples = samples_.validation.places.size();
    summary_.validation = samples_.validation_text;
    summary_.parameters = graph.trained_count();
    summary_.memory_bytes = MostMemory(trainer, plain);
    if (!options_.announce) return;
    for (const std::string& warning : summary_.warnings) AnnounceWarning(warning);
    options_.announce(
        fmt::format("training {} parameters on {} samples in {} steps of {}; the run takes {} MiB",
                    summary_.parameters, summary_.training_samples, settings.schedule.steps,
                    settings.batch, summary_.memory_bytes >> 20));
    if (!summary_.equalization.empty()) {
      options_.announce("equalized: " + summary_.equalization);
    }
    options_.announce("batch norm: " + summary_.batch_norm);
    options_.announce("validation: " + summary_.validation);
  }

  void Summarize(const JudgedFile& plain, const TrainingRun& run) {
    summary_.output = output_;
    summary_.output_bytes = run.best().bytes->size();
    summary_.steps = run.state().step;
    if (plain.comparison.reference) {
      summary_.float_top1_percent =
          Percent(plain.comparison.reference->top1, plain.comparison.samples);
    }
    summary_.plain = AccuracyOf(plain.comparison);
    summary_.tuned = AccuracyOf(run.best().comparison);
    summary_.is_tuned = run.is_tuned();
    summary_.curve = run.curve();
    summary_.last_loss = summary_.curve.empty() ? 0 : summary_.curve.back().loss;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
    summary_.seconds = seconds.count();
    if (!run.is_tuned()) return;
    if (const auto why = WhyMayBeChance(plain.score, run.best().score)) {
      summary_.warnings.push_back(*why);
      AnnounceWarning(*why);
    }
  }

  void AnnounceWarning(const std::string& warning) const {
    if (options_.announce) options_.announce("warning: " + warning);
  }

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const TuneOptions& options_;
  const ConvertOptions& settled_;
  const std::string output_;
  ThreadPool threads_;
  FloatNetwork network_;
  std::optional<FloatNetwork> other_teacher_;
  TuningSamples samples_;
  TuneSummary summary_;
};

}  // namespace

TuneSummary Tune(const TuneOptions& options) try {
  const TuneOptions settled = Validated(options);
  const ConvertOptions conversion = Validated(options.convert);
  return Tuning(settled, conversion).Run();
} catch (const std::bad_alloc&) {
  Fail(ErrorKind::kUnusable, options.convert.model + ": it needs more memory than there is");
}

}  // namespace qconvert
