// Batch norms in training: what the statistics of a batch make of the weights, scales and shifts of
// one step, and the gradients through them (the paper's section 3.2.2 and its equations 22 to 31).
// trainer.h asks while a batch is at a norm's place.
//
// With the layer's result a = W x, its mean m and deviation d = sqrt(variance + epsilon):
//
//     y = d_f / d conv(round(gamma W / d_f), x) + beta - gamma m / d
//
//                m and d of       d_f of        so that
//     frozen     the running      the running   y is what the file computes
//     corrected  the batch        the running   weights round as in the file; the scale c = d / d_f
//                                               is taken off behind the convolution
//     naive      the batch        the batch     weights round otherwise at each step
#pragma once

#include <span>
#include <vector>

#include "lib/tuning/trained_graph.h"

namespace qconvert {

enum class BatchNormTraining : uint8_t { kFrozen, kCorrected, kNaive };

/// Sums over the positions of a tensor [.., C], by channel. Sums of samples add up.
struct ChannelSums {
  double count = 0;                  ///< of positions
  std::vector<double> sum, squares;  ///< [C]

  void Add(std::span<const float> values, size_t channels);
  void Add(const ChannelSums& other);
};

/// How a gradient by the mean and the deviation falls on the values they are of: by each value
///   offset + slope (value - mean), by channel
struct StatisticsGradient {
  std::vector<double> mean, offset, slope;  ///< [C]

  void AddTo(std::span<const float> values, std::span<float> gradients) const;
};

/// Sets the weights and biases of layers that have their batch norm still to what it makes of them
/// with the running statistics.
///   parameters  of all segments
void FoldNorms(const TrainedGraph& graph, std::span<float> parameters);

/// The values of one step: parameters as they are rounded and as the file would hold them, where
/// the statistics of the batch come in norm by norm.
class StepValues {
 public:
  /// Begins with the running statistics.
  StepValues(const TrainedGraph& graph, BatchNormTraining training, std::vector<float> parameters);

  const std::vector<float>& file_values() const { return file_values_; }

  /// Takes the statistics of a batch for normed layer `k`.
  void Settle(size_t k, const ChannelSums& sums);

  /// Returns the gradient by the sums of normed layer `k`, whose statistics are the batch's.
  ///   gradients  of all segments: by the layer's rounded weights, scale and shift, summed over the
  ///              batch
  StatisticsGradient Unsettle(size_t k, std::span<const float> gradients) const;

  /// Turns gradients by the file's values, summed over the batch, into gradients by the parameters.
  void PassThrough(std::span<float> gradients) const;

  /// Moves running statistics towards those of the batch.
  void MoveRunning(std::span<float> parameters) const;

 private:
  /// Of one normed layer, by channel.
  struct Statistics {
    std::vector<double> mean, deviation, folding;  ///< m, d, d_f
    double count = 0;                              ///< of positions; 0: they are the running ones
  };
  template <typename T>
  std::span<T> Of(size_t segment, std::span<T> all) const {
    return graph_.segments()[segment].Of(all);
  }
  void Apply(const TrainedLayer& layer, const Statistics& statistics);
  std::vector<double> ByDeviation(size_t k, std::span<const float> gradients) const;
  void PassThroughNorm(size_t k, std::span<float> gradients) const;

  const TrainedGraph& graph_;
  const BatchNormTraining training_;
  const std::vector<const TrainedLayer*> normed_;
  std::vector<float> parameters_, file_values_;
  std::vector<Statistics> statistics_;  // by normed layer
};

}  // namespace qconvert
