// A chart of values over the steps of a training. The page of a training draws its curves with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qconvert {

/// One value of a curve.
struct StepValue {
  uint64_t step = 0;
  double value = 0;
};

/// A level line with its name.
struct Level {
  std::string name;
  double value = 0;
};

/// Returns a chart as markup.
///   curve   one or more values, by step
///   steps   at the right end
///   levels  drawn dashed, in the chart's range
std::string StepChart(const std::vector<StepValue>& curve, uint64_t steps,
                      const std::vector<Level>& levels = {});

}  // namespace qconvert
