#include "lib/convert/training_run.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lib/base/error.h"
#include "lib/base/interrupt.h"
#include "lib/base/mapped_file.h"
#include "lib/base/output_file.h"
#include "lib/tuning/tuned_graph.h"

namespace qconvert {
namespace {

TrainingState Resumed(const TrainingParts& parts, const TrainingState& fresh) {
  const std::string& path = parts.options.state;
  if (!std::filesystem::exists(path)) {
    Fail(ErrorKind::kUsage, path + ": there is no state to resume; drop --resume to begin");
  }
  try {
    return ReadState(MappedFile::Open(path)->bytes(), parts.run_text, fresh);
  } catch (const Error& error) {
    throw error.WithContext(path);
  }
}

/// Returns the figure that people watch: percent of the samples, or dB.
double FigureOf(const ValidationScore& score, bool has_top1) {
  if (!has_top1) return score.sqnr_db;
  return Percent(score.right, score.samples);
}

void AppendLine(const std::string& path, const std::string& line) {
  std::ofstream file(path, std::ios::app);
  file << line << '\n';
  file.close();
  if (!file) Fail(ErrorKind::kIo, path + ": cannot write the log");
}

}  // namespace

TrainingRun::TrainingRun(const TrainingParts& parts, Trainer& trainer, const Schedule& schedule,
                         uint64_t every)
    : parts_(parts),
      trainer_(trainer),
      schedule_(schedule),
      every_(every),
      state_(trainer.Start()),
      start_(std::chrono::steady_clock::now()) {
  if (parts.options.resume) state_ = Resumed(parts, state_);
  if (!state_.best.empty()) best_ = parts_.judge.Judge(TunedGraphOf(parts_.graph, state_.best));
  first_step_ = state_.step;
}

bool TrainingRun::IsDue() const {
  if (state_.step == state_.validated()) return false;
  return state_.step % every_ == 0 || state_.step >= schedule_.steps;
}

void TrainingRun::Train() try { TrainSteps(); } catch (const Error&) {
  Save();
  throw;
}

void TrainingRun::TrainSteps() {
  Progress progress("training", schedule_.steps - state_.step, parts_.options.convert.quiet);
  while (true) {
    if (IsDue()) Validate();
    if (state_.step >= schedule_.steps) return;
    ThrowIfInterrupted();
    parts_.samples.Begin(trainer_.EpochOf(state_.step));
    state_.losses += trainer_.Step(state_);
    progress.Advance();
  }
}

void TrainingRun::Validate() {
  JudgedFile judged = parts_.judge.Judge(TunedGraphOf(parts_.graph, state_.current()));
  const ValidationScore score = judged.score;
  if (state_.best.empty() || score.IsBetterThan(state_.best_score)) {
    state_.best = state_.current();
    state_.best_score = score;
    best_ = std::move(judged);
  }
  const auto steps = static_cast<double>(state_.step - state_.validated());
  state_.curve.push_back({state_.step, state_.losses / steps, score});
  state_.losses = 0;
  Save();
  Report();
}

void TrainingRun::Save() const {
  if (parts_.options.state.empty()) return;
  WriteFile(parts_.options.state, StateBytes(state_, parts_.run_text));
}

TuneProgress TrainingRun::ProgressOf(const ValidationPoint& point,
                                     const ValidationScore& best) const {
  const bool has_top1 = point.score.labelled || parts_.plain.comparison.agreement.has_value();
  TuneProgress progress;
  progress.step = point.step;
  progress.steps = schedule_.steps;
  progress.rate = RateAt(schedule_, point.step - 1);
  progress.loss = point.loss;
  progress.unit = has_top1 ? "%" : "dB";
  progress.validation = FigureOf(point.score, has_top1);
  progress.best = FigureOf(best, has_top1);
  progress.plain = FigureOf(parts_.plain.score, has_top1);
  return progress;
}

std::vector<TuneProgress> TrainingRun::curve() const {
  std::vector<TuneProgress> curve;
  ValidationScore best;
  for (const ValidationPoint& point : state_.curve) {
    if (curve.empty() || point.score.IsBetterThan(best)) best = point.score;
    curve.push_back(ProgressOf(point, best));
  }
  return curve;
}

void TrainingRun::Report() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  const auto done = static_cast<double>(std::max<uint64_t>(1, state_.step - first_step_));
  TuneProgress progress = ProgressOf(state_.curve.back(), state_.best_score);
  progress.seconds_left =
      passed.count() / done * static_cast<double>(schedule_.steps - state_.step);
  if (!parts_.options.log.empty()) AppendLine(parts_.options.log, ToJsonLine(progress));
  if (parts_.options.report) parts_.options.report(progress);
}

}  // namespace qconvert
