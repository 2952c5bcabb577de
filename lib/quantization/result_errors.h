// How the results of one quantized layer differ from the float network's, sample by sample and
// channel by channel. evidence_source.h gathers it, bias_correction.h reads it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/math/affine.h"

namespace qconvert {

/// Sums over the positions of a layer's results, [N, O] for N samples and O output channels.
class ResultErrors {
 public:
  ResultErrors(size_t samples, size_t channels)
      : channels_(channels), errors_(samples * channels), moving_(samples * channels) {}

  size_t samples() const { return channels_ == 0 ? 0 : errors_.size() / channels_; }
  size_t channels() const { return channels_; }

  /// Returns the sum of float - quantized results, behind the activation function; real units.
  double error(size_t sample, size_t channel) const {
    return errors_[sample * channels_ + channel];
  }
  /// Returns how many quantized results would follow a change of the bias: those that the
  /// activation function or the range does not clamp.
  double moving(size_t sample, size_t channel) const {
    return moving_[sample * channels_ + channel];
  }

  /// Measures one sample; several threads may do so at once, each its own.
  ///   real       float results, [.., O]
  ///   quantized  the same places; one scale
  ///   limits     of what the activation function leaves
  void Measure(size_t sample, std::span<const float> real, std::span<const int8_t> quantized,
               const AffineParams& params, IntegerLimits limits);
  void Measure(size_t sample, std::span<const float> real, std::span<const int16_t> quantized,
               const AffineParams& params, IntegerLimits limits);

 private:
  template <typename T>
  void MeasureSteps(size_t sample, std::span<const float> real, std::span<const T> quantized,
                    const AffineParams& params, IntegerLimits limits);

  size_t channels_;
  std::vector<double> errors_, moving_;
};

}  // namespace qconvert
