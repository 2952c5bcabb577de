// What quantizing a tensor's values with a range would cost, from their histogram. Range methods
// search the range that costs least.
#pragma once

#include <vector>

#include "lib/calibration/histogram.h"

namespace qconvert {

/// Steps of a range that integers cover.
inline constexpr double kInt8Steps = 255, kInt16Steps = 65535;

/// Sums over the values of a histogram. A value of a bin counts as the bin's middle; the bin that
/// begins at zero counts as zero, for that is what most of it is behind a ReLU.
class ValueSums {
 public:
  /// Of some of the values.
  struct Sums {
    double count = 0, sum = 0, squares = 0;
    Sums operator-(const Sums& other) const {
      return {count - other.count, sum - other.sum, squares - other.squares};
    }
    /// Returns the sum of squared distances from a value.
    double SquaresAround(double value) const {
      return squares - 2 * value * sum + count * value * value;
    }
  };

  /// Takes the values within `kept`, the others were left out.
  ///   steps  of a range
  ValueSums(const Histogram& histogram, Range kept, double steps);

  /// Return the sums of the values below and above an end.
  const Sums& Below(double end) const;
  Sums Above(double end) const;

  /// Return the sum of squared distances of the values beyond an end from it.
  double SquaresBelow(double end) const;
  double SquaresAbove(double end) const;

  /// Returns the expected sum of squared rounding errors of the values inside a range, which
  /// reaches over all steps and includes zero. A value nearer to zero than half a step becomes
  /// zero, the others have errors of step^2 / 12 on average.
  double SquaresOfRounding(double low, double high) const;

 private:
  void Add(double value, double count);

  double steps_;
  std::vector<double> values_;  // ascending
  std::vector<Sums> below_;     // by value, and of all
};

}  // namespace qconvert
