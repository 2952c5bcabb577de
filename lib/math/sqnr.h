// How far a quantized tensor is from its float original. After it: qconvert's summary, qeval's
// gates and the table of layers.
#pragma once

#include <cstdint>
#include <span>

namespace qconvert {

/// Sums of one tensor's values over any number of samples.
class ErrorSums {
 public:
  /// Adds pairs of values.
  ///   Throws Error(kUnusable) when a value is not finite.
  void Add(std::span<const float> reference, std::span<const float> quantized);

  /// Adds what another has summed, so many times.
  void Merge(const ErrorSums& other, int64_t times = 1);

  /// Returns the signal to quantization noise ratio, 10 log10(sum r^2 / sum (r - q)^2), in dB;
  /// infinite when there is no noise, minus infinity when there is only noise.
  double sqnr_db() const;
  /// Returns sum (r - q)^2.
  double noise() const { return noise_; }
  /// Returns the mean of (r - q)^2; NaN of no values.
  double mean_squared_error() const { return noise_ / static_cast<double>(count_); }
  /// Returns the cosine of the angle between the two; 1 when both are 0, 0 when one is.
  double cosine() const;
  /// Returns the largest |r - q|.
  double largest_error() const { return largest_error_; }
  int64_t count() const { return count_; }

 private:
  double signal_ = 0;     // sum r^2
  double noise_ = 0;      // sum (r - q)^2
  double quantized_ = 0;  // sum q^2
  double product_ = 0;    // sum r q
  double largest_error_ = 0;
  int64_t count_ = 0;
};

}  // namespace qconvert
