#include "lib/tuning/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/error.h"
#include "lib/math/drawn_number.h"
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
      inputs_(InputPorts(graph.graph())),
      powers_(Powers(samples)) {
  RequireTrainable(graph);
  slices_.resize(std::min(kSlices, micro_batch_));
  const auto workers = static_cast<size_t>(threads.threads());
  for (size_t i = 0; i < std::min(workers, slices_.size()); ++i) {
    runs_.push_back(std::make_unique<SimulationRun>(graph, kernels_));
  }
  for (Slice& slice : slices_) slice.gradients.resize(graph.initial().size());
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
  return graph_.initial().size() * arrays * sizeof(float);
}

double Trainer::Step(TrainingState& state) {
  const std::vector<size_t> batch =
      BatchOf(samples_.count, settings_.batch, settings_.seed, state.step);
  const std::vector<float> file_values = FileValuesOf(graph_, state.parameters);
  for (Slice& slice : slices_) {
    slice.loss = 0;
    std::fill(slice.gradients.begin(), slice.gradients.end(), 0.0F);
  }
  for (size_t first = 0; first < batch.size(); first += micro_batch_) {
    const size_t count = std::min(micro_batch_, batch.size() - first);
    RunMicroBatch(std::span(batch).subspan(first, count), file_values, state.step);
  }
  double loss = 0;
  for (const Slice& slice : slices_) loss += slice.loss;
  std::vector<float> gradients = AddedGradients(state, file_values);
  for (float& gradient : gradients) gradient /= static_cast<float>(batch.size());
  for (const Segment& segment : graph_.segments()) {
    if (IsFinite(segment.Of(std::span<const float>(gradients)))) continue;
    FailBroken(state.step, "the gradient by '" + segment.name + "'");
  }
  Move(gradients, state);
  return loss / static_cast<double>(batch.size());
}

void Trainer::RunMicroBatch(std::span<const size_t> samples, std::span<const float> file_values,
                            uint64_t step) {
  threads_.Run(static_cast<int>(slices_.size()), [&](int index, int worker) {
    const auto slice = static_cast<size_t>(index);
    const size_t first = slice * samples.size() / slices_.size();
    const size_t last = (slice + 1) * samples.size() / slices_.size();
    RunSlice(slice, samples.subspan(first, last - first), RunFor(slice, worker), file_values, step);
  });
}

SimulationRun& Trainer::RunFor(size_t slice, int worker) {
  return *runs_[slices_.size() == runs_.size() ? slice : static_cast<size_t>(worker)];
}

void Trainer::RunSlice(size_t slice, std::span<const size_t> samples, SimulationRun& run,
                       std::span<const float> file_values, uint64_t step) {
  Slice& result = slices_[slice];
  for (size_t sample : samples) {
    const auto values = samples_.read(sample);
    for (size_t k = 0; k < inputs_.size(); ++k) {
      WriteInput(graph_.graph(), inputs_[k], values.at(k), run.Input(k));
    }
    run.Forward(file_values);
    const double loss = RunSample(sample, run);
    if (!std::isfinite(loss)) {
      FailBroken(step, FirstBroken(graph_.graph(), run) + " of sample " + std::to_string(sample));
    }
    result.loss += loss;
    run.Backward(result.gradients);
  }
}

/// Sets the gradients by the outputs, and returns the loss.
double Trainer::RunSample(size_t sample, SimulationRun& run) {
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

std::vector<float> Trainer::AddedGradients(const TrainingState& state,
                                           std::span<const float> file_values) {
  std::vector<float> sum = slices_.front().gradients;
  for (size_t slice = 1; slice < slices_.size(); ++slice) {
    const std::vector<float>& next = slices_[slice].gradients;
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += next[i];
  }
  PassThroughRounding(graph_, state.parameters, file_values, sum);
  return sum;
}

void Trainer::Move(std::span<const float> gradients, TrainingState& state) const {
  const double rate = RateAt(settings_.schedule, state.step);
  const size_t moments = settings_.optimizer->moments;
  ++state.step;
  for (const Segment& segment : graph_.segments()) {
    if (!segment.trained) continue;
    const bool decays = segment.kind == Segment::Kind::kWeights;
    settings_.optimizer->move(
        {segment.Of(std::span(state.parameters)), segment.Of(gradients),
         std::span(state.moments).subspan(segment.offset * moments, segment.count * moments),
         state.step, rate, decays ? settings_.optimizer_settings.weight_decay : 0},
        settings_.optimizer_settings);
  }
  const auto kept = static_cast<float>(settings_.ema);
  for (size_t i = 0; i < state.average.size(); ++i) {
    state.average[i] = kept * state.average[i] + (1 - kept) * state.parameters[i];
  }
}

}  // namespace qconvert
