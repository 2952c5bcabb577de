// What the machine can do at best, measured: the roof under which a profile shows its steps.
#pragma once

#include "lib/base/parallel_for.h"

namespace qconvert {

/// The machine's speed on a number of threads.
struct MachinePeaks {
  double int8_gops = 0;  ///< 1e9 operations (two for a multiply-add) per second
  double float32_gops = 0;
  double gigabytes_per_s = 0;  ///< read from memory
};

/// Measures, in about half a second: a matrix product that fits the caches, in both arithmetics,
/// by the kernels that serve networks; and reading more than the caches hold.
MachinePeaks MeasurePeaks(ThreadPool& threads);

}  // namespace qconvert
