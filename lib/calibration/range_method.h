// How what is known of a tensor becomes its range: one file a method, one row in range_methods.cc.
// choose_ranges.h applies a method to every tensor.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/calibration/statistic.h"

namespace qconvert {

/// What methods may be told by the user.
struct RangeOptions {
  float decay = 0.95F;  ///< of the moving average, in [0, 1): the weight of earlier samples
};

/// A range method.
struct RangeMethod {
  std::string_view name;       ///< as --calibration takes it
  std::string_view help;       ///< half a sentence
  const StatisticKind* reads;  ///< what it must be shown of every float tensor
  /// Returns the range of one tensor, as it was seen: it need not include zero.
  Range (*choose)(const Statistic& statistic, const RangeOptions& options);
  /// Returns the method and its options for people, such as "moving average, decay 0.95".
  std::string (*describe)(const RangeOptions& options);
};

/// Returns every method, the default first.
std::span<const RangeMethod* const> RangeMethods();

/// Returns the method of a name.
///   Throws Error(kUsage), listing the names, when there is none.
const RangeMethod& RangeMethodNamed(std::string_view name);

extern const RangeMethod kMinMax;
extern const RangeMethod kMovingAverage;

}  // namespace qconvert
