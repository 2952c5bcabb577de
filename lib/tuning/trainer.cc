#include "lib/tuning/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/error.h"
#include "lib/math/drawn_number.h"
#include "lib/tuning/dithered_weights.h"
#include "lib/tuning/file_values.h"

namespace qconvert {
namespace {

constexpr size_t kSlices = 8;  // of a micro-batch, for any number of threads

size_t StepsOfEpoch(size_t samples, size_t batch) { return std::max<size_t>(1, samples / batch); }

bool IsFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

/// Returns the tensor that became NaN or infinite first, as the nodes compute.
std::string FirstBroken(const Graph& graph, const SimulationRun& run) {
  for (const Node& node : graph.nodes()) {
    for (TensorId id : node.outputs()) {
      const Tensor& tensor = graph.tensor(id);
      if (tensor.is_float() && !IsFinite(run.Value(id))) return "tensor '" + tensor.name + "'";
    }
  }
  return "the loss";
}

[[noreturn]] void FailBroken(uint64_t step, const std::string& what) {
  Fail(ErrorKind::kUnusable,
       fmt::format("step {}: {} became NaN or infinite; use a lower --learning-rate", step, what));
}

/// Returns the mean square of the teacher's values, by loss.
std::vector<double> Powers(const TrainingSet& samples) {
  std::vector<double> powers(samples.losses.size());
  for (size_t k = 0; k < powers.size(); ++k) {
    double count = 0;
    for (const auto& teacher : samples.teacher) {
      for (float value : teacher[k]) powers[k] += double{value} * double{value};
      count += static_cast<double>(teacher[k].size());
    }
    powers[k] /= std::max(count, 1.0);
  }
  return powers;
}

void RequireTrainable(const TrainedGraph& graph) {
  if (graph.trained_count() > 0) return;
  if (graph.layers().empty()) {
    Fail(ErrorKind::kUnsupported,
         "there is nothing to train: no node with weights computes with integers");
  }
  Fail(
      ErrorKind::kUnsupported,
      fmt::format("there is nothing to train: no gradient passes {}",
                  graph.blocking().empty() ? "from the outputs to a layer with weights"
                                           : fmt::format("{}", fmt::join(graph.blocking(), ", "))));
}

/// Adds to a sum, which may be empty yet.
void AddTo(std::vector<float>& sum, std::vector<float> more) {
  if (sum.empty()) {
    sum = std::move(more);
    return;
  }
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
}

}  // namespace

std::vector<size_t> BatchOf(size_t samples, size_t batch, uint64_t seed, uint64_t step) {
  const size_t per_epoch = StepsOfEpoch(samples, batch);
  const uint64_t epoch_seed = SeedOf(seed, std::to_string(step / per_epoch));
  std::vector<size_t> order(samples);
  std::iota(order.begin(), order.end(), size_t{0});
  for (size_t i = samples; i > 1; --i) {
    const double drawn = DrawnNumber(epoch_seed, i) * static_cast<double>(i);
    std::swap(order[i - 1], order[std::min(static_cast<size_t>(drawn), i - 1)]);
  }
  const auto first = order.begin() + static_cast<std::ptrdiff_t>(step % per_epoch * batch);
  return {first, first + static_cast<std::ptrdiff_t>(std::min(batch, samples))};
}

Trainer::Trainer(const TrainedGraph& graph, const TrainingSet& samples,
                 const TrainingSettings& settings, ThreadPool& threads)
    : graph_(graph),
      samples_(samples),
      settings_(settings),
      micro_batch_(settings.micro_batch > 0 ? settings.micro_batch : settings.batch),
      threads_(threads),
      kernels_(graph),
      has_norms_(!graph.NormedLayers().empty()),
      inputs_(InputPorts(graph.graph())),
      powers_(Powers(samples)) {
  RequireTrainable(graph);
  slices_.resize(std::min(kSlices, micro_batch_));
  const size_t runs = RunsFor(static_cast<size_t>(threads.threads()));
  for (size_t i = 0; i < runs; ++i) {
    runs_.push_back(std::make_unique<SimulationRun>(graph, kernels_));
  }
  for (GradientSlice& slice : slices_) slice.gradients.resize(graph.initial().size());
}

TrainingState Trainer::Start() const {
  TrainingState state;
  state.parameters = graph_.initial();
  state.moments.resize(state.parameters.size() * settings_.optimizer->moments);
  if (settings_.ema > 0) state.average = state.parameters;
  return state;
}

uint64_t Trainer::EpochOf(uint64_t step) const {
  return step / StepsOfEpoch(samples_.count, settings_.batch);
}

size_t Trainer::state_bytes() const {
  const size_t arrays = 2 + settings_.optimizer->moments + (settings_.ema > 0 ? 1 : 0);
  return arrays * parameter_bytes();
}

size_t Trainer::step_bytes() const {
  const size_t gradients = micro_batch_ < settings_.batch ? 2 : 1;
  return (gradients + 3) * parameter_bytes();  // parameters twice, and what the file makes of them
}

size_t Trainer::RunsFor(size_t threads) const {
  return UsesStatistics(0) ? std::max(micro_batch_, threads) : std::min(threads, slices_.size());
}

bool Trainer::UsesStatistics(uint64_t step) const {
  if (!has_norms_ || settings_.batch_norm == BatchNormTraining::kFrozen) return false;
  return step < settings_.freeze_after;
}

double Trainer::Step(TrainingState& state) {
  const std::vector<size_t> batch =
      BatchOf(samples_.count, settings_.batch, settings_.seed, state.step);
  std::vector<float> gradients, parameters = state.parameters;
  double loss = 0;
  for (size_t first = 0; first < batch.size(); first += micro_batch_) {
    const size_t count = std::min(micro_batch_, batch.size() - first);
    StepValues values(graph_, settings_.batch_norm, ParametersToRound(state));
    RunMicroBatch(std::span(batch).subspan(first, count), values, state.step);
    for (const GradientSlice& slice : slices_) loss += slice.loss;
    AddTo(gradients, PassedGradients(values));
    values.MoveRunning(parameters);
  }
  for (float& gradient : gradients) gradient /= static_cast<float>(batch.size());
  for (const Segment& segment : graph_.segments()) {
    if (IsFinite(segment.Of(std::span<const float>(gradients)))) continue;
    FailBroken(state.step, "the gradient by '" + segment.name + "'");
  }
  state.parameters = std::move(parameters);
  Move(gradients, state);
  return loss / static_cast<double>(batch.size());
}

std::vector<float> Trainer::ParametersToRound(const TrainingState& state) const {
  if (!settings_.stochastic) return state.parameters;
  const uint64_t seed = SeedOf(settings_.seed, "dither " + std::to_string(state.step));
  return DitheredWeights(graph_, state.parameters, seed);
}

void Trainer::RunMicroBatch(std::span<const size_t> samples, StepValues& values, uint64_t step) {
  if (UsesStatistics(step)) {
    RunTogether(samples, values, step);
  } else {
    RunApart(samples, values, step);
  }
}

void Trainer::RunTogether(std::span<const size_t> samples, StepValues& values, uint64_t step) {
  const SampleWork work{
      [&](size_t i, SimulationRun& run) { Feed(samples[i], run); },
      [&](size_t i, SimulationRun& run) { return RunSample(samples[i], run, step); }};
  Lockstep(graph_, std::span(runs_).first(samples.size()), slices_, threads_).Run(work, values);
}

void Trainer::RunApart(std::span<const size_t> samples, const StepValues& values, uint64_t step) {
  threads_.Run(static_cast<int>(slices_.size()), [&](int index, int worker) {
    const auto slice = static_cast<size_t>(index);
    const auto [first, last] = SliceOf(slice, slices_.size(), samples.size());
    RunSlice(slices_[slice], samples.subspan(first, last - first), RunFor(slice, worker),
             values.file_values(), step);
  });
}

SimulationRun& Trainer::RunFor(size_t slice, int worker) {
  return *runs_[slices_.size() == runs_.size() ? slice : static_cast<size_t>(worker)];
}

void Trainer::RunSlice(GradientSlice& slice, std::span<const size_t> samples, SimulationRun& run,
                       std::span<const float> file_values, uint64_t step) {
  slice.loss = 0;
  std::fill(slice.gradients.begin(), slice.gradients.end(), 0.0F);
  for (size_t sample : samples) {
    Feed(sample, run);
    run.Forward(file_values);
    slice.loss += RunSample(sample, run, step);
    run.Backward(slice.gradients);
  }
}

void Trainer::Feed(size_t sample, SimulationRun& run) const {
  const auto values = samples_.read(sample);
  for (size_t k = 0; k < inputs_.size(); ++k) {
    WriteInput(graph_.graph(), inputs_[k], values.at(k), run.Input(k));
  }
}

/// Sets the gradients by the outputs, and returns the loss.
double Trainer::RunSample(size_t sample, SimulationRun& run, uint64_t step) const {
  const double loss = AddLosses(sample, run);
  if (std::isfinite(loss)) return loss;
  FailBroken(step, FirstBroken(graph_.graph(), run) + " of sample " + std::to_string(sample));
}

double Trainer::AddLosses(size_t sample, SimulationRun& run) const {
  double loss = 0;
  bool labelled = !samples_.labels.empty();
  for (size_t k = 0; k < samples_.losses.size(); ++k) {
    const LossTensor& tensor = samples_.losses[k];
    const std::vector<float>& teacher = samples_.teacher[sample][k];
    const auto student = run.Value(tensor.student);
    const auto gradient = run.Gradient(tensor.student);
    if (!tensor.scores) {
      loss += AddValueLoss(powers_[k], teacher, student, gradient);
      continue;
    }
    const auto label = labelled ? std::optional(samples_.labels[sample]) : std::nullopt;
    loss += AddScoreLoss(settings_.loss, teacher, student, label, gradient);
    labelled = false;  // labels are of the first output
  }
  return loss;
}

/// Returns the gradients by the parameters, summed over the samples of a micro-batch.
std::vector<float> Trainer::PassedGradients(const StepValues& values) const {
  std::vector<float> sum = slices_.front().gradients;
  for (size_t slice = 1; slice < slices_.size(); ++slice) {
    const std::vector<float>& next = slices_[slice].gradients;
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += next[i];
  }
  values.PassThrough(sum);
  return sum;
}

void Trainer::Move(std::span<const float> gradients, TrainingState& state) const {
  const double rate = RateAt(settings_.schedule, state.step);
  const size_t moments = settings_.optimizer->moments;
  ++state.step;
  for (const Segment& segment : graph_.segments()) {
    if (!segment.trained) continue;
    const bool decays =
        segment.kind == Segment::Kind::kWeights || segment.kind == Segment::Kind::kUnfolded;
    const double relative = settings_.optimizer->is_relative ? double{segment.unit} : 1;
    settings_.optimizer->move(
        {segment.Of(std::span(state.parameters)), segment.Of(gradients),
         std::span(state.moments).subspan(segment.offset * moments, segment.count * moments),
         state.step, rate * relative, decays ? settings_.optimizer_settings.weight_decay : 0},
        settings_.optimizer_settings);
  }
  FoldNorms(graph_, state.parameters);
  const auto kept = static_cast<float>(settings_.ema);
  for (size_t i = 0; i < state.average.size(); ++i) {
    state.average[i] = kept * state.average[i] + (1 - kept) * state.parameters[i];
  }
  if (!state.average.empty()) FoldNorms(graph_, state.average);
}

}  // namespace qconvert
