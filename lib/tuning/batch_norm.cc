#include "lib/tuning/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "lib/base/vectorize.h"
#include "lib/tuning/file_values.h"

namespace qconvert {
namespace {

constexpr double kKept = 0.99;  // of running statistics at each step

QCONVERT_VECTORIZE
void AddPosition(const float* values, size_t channels, double* __restrict sum,
                 double* __restrict squares) {
  for (size_t c = 0; c < channels; ++c) {
    const auto value = static_cast<double>(values[c]);
    sum[c] += value;
    squares[c] += value * value;
  }
}

size_t ChannelOf(const ChannelView& view, size_t weight) {
  return weight / static_cast<size_t>(view.inner) % static_cast<size_t>(view.channels);
}

/// Sets the weights and the bias of a folded norm.
void Fold(const TrainedGraph& graph, const TrainedLayer& layer, std::span<float> parameters) {
  const TrainedNorm& norm = *layer.norm;
  const auto of = [&](size_t segment) { return graph.segments()[segment].Of(parameters); };
  const auto unfolded = of(norm.unfolded_segment), weights = of(layer.weights_segment);
  const auto mean = of(norm.mean_segment), beta = of(norm.beta_segment);
  const std::vector<float> scale =
      FoldingScale(of(norm.gamma_segment), of(norm.variance_segment), norm.epsilon);
  for (size_t i = 0; i < weights.size(); ++i) {
    weights[i] = unfolded[i] * scale[ChannelOf(norm.channels, i)];
  }
  const auto bias = of(layer.bias_segment);
  for (size_t c = 0; c < bias.size(); ++c) bias[c] = beta[c] - scale[c] * mean[c];
}

}  // namespace

void ChannelSums::Add(std::span<const float> values, size_t channels) {
  sum.resize(channels);
  squares.resize(channels);
  for (size_t at = 0; at < values.size(); at += channels) {
    AddPosition(values.data() + at, channels, sum.data(), squares.data());
  }
  count += static_cast<double>(values.size() / channels);
}

void ChannelSums::Add(const ChannelSums& other) {
  sum.resize(other.sum.size());
  squares.resize(other.sum.size());
  for (size_t c = 0; c < sum.size(); ++c) {
    sum[c] += other.sum[c];
    squares[c] += other.squares[c];
  }
  count += other.count;
}

void StatisticsGradient::AddTo(std::span<const float> values, std::span<float> gradients) const {
  for (size_t at = 0; at < values.size(); at += mean.size()) {
    for (size_t c = 0; c < mean.size(); ++c) {
      const double centred = double{values[at + c]} - mean[c];
      gradients[at + c] += static_cast<float>(offset[c] + slope[c] * centred);
    }
  }
}

void FoldNorms(const TrainedGraph& graph, std::span<float> parameters) {
  for (const TrainedLayer* layer : graph.NormedLayers()) Fold(graph, *layer, parameters);
}

StepValues::StepValues(const TrainedGraph& graph, BatchNormTraining training,
                       std::vector<float> parameters)
    : graph_(graph),
      training_(training),
      normed_(graph.NormedLayers()),
      parameters_(std::move(parameters)),
      file_values_(FileValuesOf(graph, parameters_)) {
  for (const TrainedLayer* layer : normed_) {
    Statistics running;
    for (float m : Of(layer->norm->mean_segment, std::span(parameters_))) {
      running.mean.push_back(double{m});
    }
    for (float v : Of(layer->norm->variance_segment, std::span(parameters_))) {
      running.deviation.push_back(std::sqrt(double{v} + double{layer->norm->epsilon}));
    }
    running.folding = running.deviation;
    statistics_.push_back(std::move(running));
  }
}

void StepValues::Settle(size_t k, const ChannelSums& sums) {
  const TrainedLayer& layer = *normed_[k];
  if (!graph_.segments()[layer.norm->gamma_segment].trained) return;  // it keeps what it has
  Statistics& statistics = statistics_[k];
  statistics.count = sums.count;
  for (size_t c = 0; c < sums.sum.size(); ++c) {
    const double mean = sums.sum[c] / sums.count;
    const double variance = std::max(0.0, sums.squares[c] / sums.count - mean * mean);
    statistics.mean[c] = mean;
    statistics.deviation[c] = std::sqrt(variance + double{layer.norm->epsilon});
  }
  if (training_ == BatchNormTraining::kNaive) statistics.folding = statistics.deviation;
  Apply(layer, statistics);
}

/// Sets what the file's values would be with these statistics.
void StepValues::Apply(const TrainedLayer& layer, const Statistics& statistics) {
  const TrainedNorm& norm = *layer.norm;
  const std::span parameters(parameters_), values(file_values_);
  const auto gamma = Of(norm.gamma_segment, parameters), beta = Of(norm.beta_segment, parameters);
  const auto scale = Of(norm.gamma_segment, values), shift = Of(norm.beta_segment, values);
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double deviation = statistics.deviation[c];
    scale[c] = static_cast<float>(statistics.folding[c] / deviation);
    shift[c] =
        static_cast<float>(double{beta[c]} - double{gamma[c]} * statistics.mean[c] / deviation);
  }
  if (training_ != BatchNormTraining::kNaive) return;
  const auto unfolded = Of(norm.unfolded_segment, parameters);
  const auto weights = Of(layer.weights_segment, parameters);
  for (size_t i = 0; i < weights.size(); ++i) {
    const size_t c = ChannelOf(norm.channels, i);
    weights[i] = static_cast<float>(double{gamma[c]} / statistics.folding[c]) * unfolded[i];
  }
  RoundWeights(graph_, layer, parameters_, values);
}

/// Returns the gradient by d, by channel: of the shift it is gamma m / d^2, of the scale -d_f /
/// d^2, and of naive folding's weights w, which are proportional to 1 / d, -w / d.
std::vector<double> StepValues::ByDeviation(size_t k, std::span<const float> gradients) const {
  const TrainedLayer& layer = *normed_[k];
  const TrainedNorm& norm = *layer.norm;
  const Statistics& statistics = statistics_[k];
  const auto gamma = Of(norm.gamma_segment, std::span<const float>(parameters_));
  const auto by_scale = Of(norm.gamma_segment, gradients);
  const auto by_shift = Of(norm.beta_segment, gradients);
  const bool naive = training_ == BatchNormTraining::kNaive;
  std::vector<double> result(gamma.size());
  for (size_t c = 0; c < result.size(); ++c) {
    const double d = statistics.deviation[c];
    result[c] = double{gamma[c]} * statistics.mean[c] / (d * d) * double{by_shift[c]};
    if (!naive) result[c] -= statistics.folding[c] / (d * d) * double{by_scale[c]};
  }
  if (!naive) return result;
  std::vector<float> passed(gradients.begin(), gradients.end());
  PassThroughWeights(graph_, layer, parameters_, file_values_, passed);
  const auto weights = Of(layer.weights_segment, std::span<const float>(parameters_));
  const auto by_weights = Of(layer.weights_segment, std::span<const float>(passed));
  for (size_t i = 0; i < weights.size(); ++i) {
    const size_t c = ChannelOf(norm.channels, i);
    result[c] -= double{by_weights[i]} * double{weights[i]} / statistics.deviation[c];
  }
  return result;
}

StatisticsGradient StepValues::Unsettle(size_t k, std::span<const float> gradients) const {
  const TrainedNorm& norm = *normed_[k]->norm;
  const Statistics& statistics = statistics_[k];
  const std::vector<double> by_deviation = ByDeviation(k, gradients);
  const auto gamma = Of(norm.gamma_segment, std::span<const float>(parameters_));
  const auto by_shift = Of(norm.beta_segment, gradients);
  StatisticsGradient result{statistics.mean, {}, {}};
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double d = statistics.deviation[c];
    result.offset.push_back(-double{gamma[c]} / d * double{by_shift[c]} / statistics.count);
    result.slope.push_back(by_deviation[c] / (d * statistics.count));
  }
  return result;
}

void StepValues::PassThrough(std::span<float> gradients) const {
  PassThroughRounding(graph_, parameters_, file_values_, gradients);
  for (size_t k = 0; k < normed_.size(); ++k) PassThroughNorm(k, gradients);
  KeepTrained(graph_, gradients);
}

/// Adds the gradients that come by the layer's real weights gamma W / d_f to those by W and gamma.
void StepValues::PassThroughNorm(size_t k, std::span<float> gradients) const {
  const TrainedLayer& layer = *normed_[k];
  const TrainedNorm& norm = *layer.norm;
  const Statistics& statistics = statistics_[k];
  const std::span parameters(parameters_);
  const auto gamma = Of(norm.gamma_segment, parameters);
  const auto unfolded = Of(norm.unfolded_segment, parameters);
  const auto by_weights = Of(layer.weights_segment, gradients);
  const auto by_unfolded = Of(norm.unfolded_segment, gradients);
  std::vector<double> by_gamma(gamma.size());
  for (size_t i = 0; i < unfolded.size(); ++i) {
    const size_t c = ChannelOf(norm.channels, i);
    const double by_weight = double{by_weights[i]} / statistics.folding[c];
    by_unfolded[i] += static_cast<float>(by_weight * double{gamma[c]});
    by_gamma[c] += by_weight * double{unfolded[i]};
  }
  const auto by_shift = Of(norm.beta_segment, gradients);
  const auto result = Of(norm.gamma_segment, gradients);
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double by_its_shift = statistics.mean[c] / statistics.deviation[c] * double{by_shift[c]};
    result[c] = static_cast<float>(by_gamma[c] - by_its_shift);
  }
}

void StepValues::MoveRunning(std::span<float> parameters) const {
  for (size_t k = 0; k < normed_.size(); ++k) {
    const TrainedNorm& norm = *normed_[k]->norm;
    const Statistics& statistics = statistics_[k];
    if (statistics.count == 0) continue;
    const auto mean = Of(norm.mean_segment, parameters);
    const auto variance = Of(norm.variance_segment, parameters);
    const double unbiased = statistics.count / std::max(1.0, statistics.count - 1);
    for (size_t c = 0; c < mean.size(); ++c) {
      const double d = statistics.deviation[c];
      const double batch = std::max(0.0, d * d - double{norm.epsilon}) * unbiased;
      mean[c] = static_cast<float>(kKept * double{mean[c]} + (1 - kKept) * statistics.mean[c]);
      variance[c] = static_cast<float>(kKept * double{variance[c]} + (1 - kKept) * batch);
    }
  }
}

}  // namespace qconvert
