// Whether two series rise and fall together. After it: the comparison of outputs, which has nothing
// else to say of a single value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace qconvert {

/// Pearson's correlation of pairs of values, by running means and central moments (Welford), which
/// do not cancel when the values lie far from 0.
class Correlation {
 public:
  /// Adds pairs of finite values.
  void Add(std::span<const float> reference, std::span<const float> quantized);

  /// Adds the pairs of another, each so many times (Chan et al. 1979).
  void Merge(const Correlation& other, int64_t times = 1);

  /// Returns sum (r - mean r)(q - mean q) / sqrt(sum (r - mean r)^2 sum (q - mean q)^2), in
  /// [-1, 1]; 0 when only q is constant; nothing when r is, since there is nothing to follow.
  std::optional<double> value() const;

 private:
  int64_t count_ = 0;
  double reference_mean_ = 0, quantized_mean_ = 0;
  double reference_squares_ = 0, quantized_squares_ = 0, products_ = 0;
};

}  // namespace qconvert
