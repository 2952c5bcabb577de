// What the machine can do at best, measured: the roof under which a profile shows its steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/parallel_for.h"

namespace qconvert {

/// Where operands lie: a cache, or the memory behind all of them.
struct MemoryLevel {
  std::string name;            ///< "L1", "L2", ..., "memory"
  size_t bytes = 0;            ///< that it holds, in the cores of all threads together
  double gigabytes_per_s = 0;  ///< read by all threads together
};

/// The machine's speed on a number of threads.
struct MachinePeaks {
  std::string int8_instruction;  ///< what multiplies, as Int8Instruction says
  double int8_gops = 0;          ///< 1e9 operations (two for a multiply-add) per second
  double float32_gops = 0;
  std::vector<MemoryLevel> levels;  ///< the nearest first; the last is memory
};

/// What a step computes and moves.
struct Work {
  bool integer = false;  ///< multiplies integers
  int64_t multiply_adds = 0;
  int64_t moved_bytes = 0;
};

/// The least time that a step can take, and what holds it there.
struct Roof {
  double us = 0;
  std::string bound;  ///< "int8", "float32", the name of a level, or empty for no work
};

/// Measures, in about a third of a second, the best of several rounds each: products of what lies
/// in registers, in both arithmetics, and reading from each cache and from memory.
MachinePeaks MeasurePeaks(ThreadPool& threads);

/// Returns the microseconds that the products of a step take at the peak.
double ProductsMicroseconds(const MachinePeaks& peaks, const Work& work);

/// Returns the roof of a step: it takes at least the time of its products at the peak, and at least
/// the time of reading what it moves from where that may lie. Operands may lie in any level that
/// holds all of them; the fastest such level counts.
Roof RoofOf(const MachinePeaks& peaks, const Work& work);

}  // namespace qconvert
