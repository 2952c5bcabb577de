#include "lib/tuning/block_training.h"

#include <algorithm>
#include <cmath>

#include "lib/base/error.h"
#include "lib/base/interrupt.h"
#include "lib/base/vectorize.h"
#include "lib/math/drawn_number.h"
#include "lib/math/quantize.h"
#include "lib/quantization/soft_rounding.h"
#include "lib/tuning/file_values.h"
#include "lib/tuning/optimizer.h"
#include "lib/tuning/schedule.h"
#include "lib/tuning/trainer.h"

namespace qconvert {
namespace {

constexpr size_t kSlices = 8;    // of a batch, for any number of threads
constexpr size_t kPart = 4096;   // weights that one thread moves at once
constexpr size_t kJudgedOf = 8;  // every eighth sample judges
constexpr size_t kMostJudging = 32;
constexpr double kVariableRate = 0.01;  // AdaRound's
constexpr double kBiasRate = 0.01;      // steps of the layer's result
constexpr double kVariance = 1.0 / 12;  // of a rounding error, in steps

constexpr size_t kLanes = 8;

inline void AddSquare(float got, float wanted, float& gradient, double& sum) {
  const float error = got - wanted;
  sum += double{error} * double{error};
  gradient += 2 * error;
}

/// Returns sum (y - t)^2 and adds its gradients by y. Adds in lanes, so that the order is the same
/// with vectors of any width.
QCONVERT_VECTORIZE
double AddSquares(const float* got, const float* wanted, size_t count, float* gradients) {
  double sums[kLanes] = {};
  const size_t even = count / kLanes * kLanes;
  for (size_t i = 0; i < even; i += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) {
      AddSquare(got[i + k], wanted[i + k], gradients[i + k], sums[k]);
    }
  }
  for (size_t i = even; i < count; ++i) AddSquare(got[i], wanted[i], gradients[i], sums[i - even]);
  double sum = 0;
  for (double lane : sums) sum += lane;
  return sum;
}

/// Returns the parameters of a block, with the weights that its integers stand for.
std::vector<float> RoundedParameters(const TrainedGraph& block) {
  std::vector<float> parameters = block.initial();
  for (const TrainedLayer& layer : block.layers()) {
    DequantizeChannels<int8_t>(block.quantized().tensor(layer.weights).Values<int8_t>(), layer.view,
                               layer.initial,
                               block.segments()[layer.weights_segment].Of(std::span(parameters)));
  }
  return parameters;
}

}  // namespace

BlockTraining::BlockTraining(const TrainedGraph& block, const BlockExamples& examples,
                             const BlockSettings& settings, ThreadPool& threads)
    : block_(block),
      examples_(examples),
      settings_(settings),
      threads_(threads),
      kernels_(block),
      rounded_(RoundedParameters(block)) {
  const Graph& graph = block.graph();
  for (const TrainedLayer& layer : block.layers()) {
    const Segment& segment = block.segments()[layer.weights_segment];
    weights_.emplace_back(layer, segment.Of(std::span(rounded_)),
                          segment.Of(std::span(block.initial())));
    const TensorId result = graph.FindNode(layer.node)->output();
    const RoundedTensor* rounded = block.RoundingOf(result);
    bias_steps_.push_back(rounded == nullptr ? 0 : rounded->initial.params.scale);
  }
  CutParts();
  slices_.resize(std::min(kSlices, settings.batch));
  for (GradientSlice& slice : slices_) slice.gradients.resize(block.initial().size());
  for (int i = 0; i < threads.threads(); ++i) {
    runs_.push_back(std::make_unique<SimulationRun>(block, kernels_));
    masks_.emplace_back();
  }
}

void BlockTraining::CutParts() {
  for (size_t layer = 0; layer < weights_.size(); ++layer) {
    for (size_t first = 0; first < weights_[layer].count(); first += kPart) {
      parts_.push_back({layer, first, std::min(first + kPart, weights_[layer].count())});
    }
  }
}

std::vector<size_t> BlockTraining::Samples(bool judging) const {
  std::vector<size_t> samples;
  const bool few = examples_.count < 2 * kJudgedOf;  // they serve both
  for (size_t i = 0; i < examples_.count; ++i) {
    if (few || (i % kJudgedOf == kJudgedOf / 2) == judging) samples.push_back(i);
  }
  if (judging) samples.resize(std::min(samples.size(), kMostJudging));
  return samples;
}

std::vector<float> BlockTraining::Start() const {
  std::vector<float> variables = rounded_;
  for (size_t i = 0; i < weights_.size(); ++i) {
    const Segment& segment = block_.segments()[block_.layers()[i].weights_segment];
    if (segment.trained) weights_[i].Start(segment.Of(std::span(variables)));
  }
  return variables;
}

std::optional<TrainedBlock> BlockTraining::Run() {
  TrainedBlock result{{}, ErrorOf(rounded_), 0};
  if (result.error_before == 0 || block_.trained_count() == 0) return std::nullopt;
  unit_ = static_cast<float>(Unit());
  const std::vector<size_t> samples = Samples(false);
  const size_t batch = std::min(settings_.batch, samples.size());
  std::vector<float> variables = Start(), gradients;
  std::vector<float> moments(2 * variables.size());
  for (uint64_t i = 0; i < settings_.iterations; ++i) {
    ThrowIfInterrupted();
    std::vector<size_t> drawn = BatchOf(samples.size(), batch, settings_.seed, i);
    for (size_t& place : drawn) place = samples[place];
    GradientsAt(variables, drawn, i, gradients);
    Move(i, gradients, variables, moments);
  }
  result.parameters = Settled(variables);
  result.error = ErrorOf(result.parameters);
  if (!(result.error < result.error_before)) return std::nullopt;
  return result;
}

/// Returns what the sum of squares of a sample is divided with: the part that one weight has in
/// what rounding costs, in squares of a step.
double BlockTraining::Unit() {
  std::vector<size_t> samples = Samples(false);
  samples.resize(std::min(samples.size(), settings_.batch));
  size_t count = 0;
  for (const SoftWeights& weights : weights_) count += weights.count();
  const RoundingDrop all(RoundingDrop::Share::kAll, 0);
  const double cost = RunSamples(samples, FileValuesOf(block_, block_.initial()), all, false) /
                      static_cast<double>(samples.size());
  return cost > 0 ? static_cast<double>(count) * kVariance / cost : 1;
}

std::vector<float> BlockTraining::ValuesAt(std::span<const float> variables) {
  // Of weights, what FileValuesOf rounds means nothing and is replaced.
  std::vector<float> values = FileValuesOf(block_, variables);
  threads_.Run(static_cast<int>(parts_.size()), [&](int index, int) {
    const Part& part = parts_[static_cast<size_t>(index)];
    const Segment& segment = block_.segments()[block_.layers()[part.layer].weights_segment];
    if (!segment.trained) return;
    weights_[part.layer].Relax(segment.Of(variables), part.first, part.last,
                               segment.Of(std::span(values)));
  });
  return values;
}

double BlockTraining::GradientsAt(std::span<const float> variables, std::span<const size_t> samples,
                                  uint64_t iteration, std::vector<float>& gradients) {
  const uint64_t seed = DrawnBits(settings_.seed, iteration);
  const double loss =
      RunSamples(samples, ValuesAt(variables), {RoundingDrop::Share::kHalf, seed}, true) *
      double{unit_} / static_cast<double>(samples.size());
  gradients = slices_.front().gradients;
  for (size_t slice = 1; slice < slices_.size(); ++slice) {
    for (size_t i = 0; i < gradients.size(); ++i) gradients[i] += slices_[slice].gradients[i];
  }
  const float exponent =
      PenaltyExponent(static_cast<float>(iteration) / static_cast<float>(settings_.iterations));
  const float unit = unit_ / static_cast<float>(samples.size());
  threads_.Run(static_cast<int>(parts_.size()), [&](int index, int) {
    const Part& part = parts_[static_cast<size_t>(index)];
    const Segment& segment = block_.segments()[block_.layers()[part.layer].weights_segment];
    weights_[part.layer].PassThrough(segment.Of(variables), unit, exponent, part.first, part.last,
                                     segment.Of(std::span(gradients)));
  });
  return loss;
}

double BlockTraining::RunSamples(std::span<const size_t> samples, std::span<const float> values,
                                 const RoundingDrop& drop, bool back) {
  threads_.Run(static_cast<int>(slices_.size()), [&](int index, int worker) {
    GradientSlice& slice = slices_[static_cast<size_t>(index)];
    SimulationRun& run = *runs_[static_cast<size_t>(worker)];
    slice.loss = 0;
    if (back) std::fill(slice.gradients.begin(), slice.gradients.end(), 0.0F);
    const auto [first, last] = SliceOf(static_cast<size_t>(index), slices_.size(), samples.size());
    for (size_t i = first; i < last; ++i) {
      ThrowIfInterrupted();
      const RoundingDrop own = drop.For(samples[i]);
      Feed(samples[i], own, masks_[static_cast<size_t>(worker)], run);
      run.Drop(own);
      run.Forward(values);
      slice.loss += RunSample(samples[i], run);
      if (back) run.Backward(slice.gradients);
    }
  });
  double loss = 0;
  for (const GradientSlice& slice : slices_) loss += slice.loss;
  return loss;
}

/// Writes the block's inputs: where they are not rounded, those of the float network.
void BlockTraining::Feed(size_t sample, const RoundingDrop& drop, UnroundedMask& mask,
                         SimulationRun& run) const {
  const Graph& graph = block_.graph();
  for (size_t k = 0; k < graph.inputs.size(); ++k) {
    const std::span<std::byte> input = run.Input(k);
    examples_.quantized(k, sample, input);
    if (!drop.any()) continue;
    const std::span<const float> real = examples_.real(k, sample);
    if (real.empty()) continue;
    drop.Draw(graph.inputs[k], real.size(), mask);
    TakeUnrounded(mask, real, {reinterpret_cast<float*>(input.data()), real.size()});
  }
}

/// Sets the gradients by the outputs, and returns the sum of squares.
double BlockTraining::RunSample(size_t sample, SimulationRun& run) const {
  double loss = 0;
  const Graph& graph = block_.graph();
  for (size_t k = 0; k < graph.outputs.size(); ++k) {
    const std::span<const float> wanted = examples_.wanted(k, sample);
    const auto gradient = run.Gradient(graph.outputs[k]);
    if (wanted.empty() || gradient.empty()) continue;
    loss += AddSquares(run.Value(graph.outputs[k]).data(), wanted.data(), wanted.size(),
                       gradient.data());
  }
  return loss;
}

std::vector<float> BlockTraining::Settled(std::span<const float> variables) const {
  std::vector<float> parameters(variables.begin(), variables.end());
  for (size_t i = 0; i < weights_.size(); ++i) {
    const Segment& segment = block_.segments()[block_.layers()[i].weights_segment];
    if (!segment.trained) continue;
    weights_[i].Settle(segment.Of(variables), segment.Of(std::span(parameters)));
  }
  return parameters;
}

/// Returns the mean square of a sample's error, with all activations rounded.
double BlockTraining::ErrorOf(std::span<const float> parameters) {
  const std::vector<size_t> samples = Samples(true);
  return RunSamples(samples, FileValuesOf(block_, parameters), {}, false) /
         static_cast<double>(samples.size());
}

void BlockTraining::Move(uint64_t iteration, std::span<const float> gradients,
                         std::span<float> variables, std::span<float> moments) const {
  const OptimizerMethod& adam = *FindOptimizerMethod("adam");
  const auto move = [&](size_t offset, size_t count, double rate) {
    adam.move({variables.subspan(offset, count), gradients.subspan(offset, count),
               moments.subspan(2 * offset, 2 * count), iteration + 1, rate, 0},
              {});
  };
  threads_.Run(static_cast<int>(parts_.size()), [&](int index, int) {
    const Part& part = parts_[static_cast<size_t>(index)];
    const Segment& segment = block_.segments()[block_.layers()[part.layer].weights_segment];
    if (segment.trained) move(segment.offset + part.first, part.last - part.first, kVariableRate);
  });
  const Schedule falling{Schedule::Kind::kCosine, 1, 0, settings_.iterations};
  const double rate = RateAt(falling, iteration);
  for (size_t i = 0; i < block_.layers().size(); ++i) {
    const TrainedLayer& layer = block_.layers()[i];
    if (layer.bias == kNoTensor) continue;
    const Segment& segment = block_.segments()[layer.bias_segment];
    if (segment.trained) {
      move(segment.offset, segment.count, rate * kBiasRate * double{bias_steps_[i]});
    }
  }
}

}  // namespace qconvert
