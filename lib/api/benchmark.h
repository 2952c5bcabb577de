// The time that a network takes in our runner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)

namespace qconvert {

/// What qeval --bench does.
struct BenchmarkOptions {
  std::string model;
  std::string names;  ///< the ONNX model whose nodes' names the steps get; empty: their own
  std::vector<std::string> reports;  ///< what the caller will write: the model may not be among it
  std::map<std::string, std::vector<int64_t>> shapes;
  /// Tensors of an ONNX model at which the network begins and ends; empty: its own.
  std::vector<std::string> inputs = {}, outputs = {};
  int threads = 0;  ///< 0: as many as the machine has
  int runs = 50;
  int batch = 1;  ///< inferences per run: one is split over the threads, several are distributed
  bool reference_kernels = false;
  bool profile = false;  ///< every step too, and what the machine can do at best
};

/// One node of the network in a profile.
struct StepSummary {
  std::string node, kind, shape;  ///< shape of the first result
  std::string primitive;          ///< what executes it; empty: nothing to do
  double median_us = 0;
  double percent_of_time = 0;
  double gops = 0;  ///< 1e9 operations (two for a multiply-add) per second
  double operations_per_byte = 0;
  double percent_of_peak = 0;  ///< of the machine's measured peak for int8 or float32
  double roof_us = 0;          ///< the least time that the machine's figures allow
  /// What sets the roof: "int8" or "float32" (the peak), the name of a level, or empty for no work.
  std::string bound = {};
  double percent_of_roof = 0;  ///< the least time, of the median
  std::string tensor = {};     ///< the first result
  double lost_us() const { return median_us > roof_us ? median_us - roof_us : 0; }
};

/// A cache or memory, and how fast it is read.
struct LevelSummary {
  std::string name;             ///< "L1", "L2", ..., "memory"
  std::optional<size_t> bytes;  ///< that the cores' caches hold together; none: memory
  double gigabytes_per_s = 0;
};

/// What the machine can do at best on so many threads, measured.
struct PeakSummary {
  int threads = 1;
  std::string int8_instruction;  ///< "vpdpbusd, 512 bits"
  double int8_gops = 0, float32_gops = 0;
  double gigabytes_per_s = 0;        ///< read from memory
  std::vector<LevelSummary> levels;  ///< the nearest first, memory last
};

/// How fast a network runs here.
struct BenchmarkSummary {
  std::string model;
  int threads = 0, batch = 0, runs = 0;
  double min_ms = 0, median_ms = 0, p90_ms = 0;        ///< of a run
  double read_ms = 0, prepare_ms = 0, warm_up_ms = 0;  ///< reading and preparing are the load
  double samples_per_s = 0;                            ///< at the median
  double gops = 0;                                     ///< of a whole run, if profiled
  double percent_of_peak = 0;                          ///< the products' least time, of the run's
  double percent_of_roof = 0;                          ///< the steps' least time, of theirs
  size_t peak_rss_bytes = 0;                           ///< of the process
  std::optional<PeakSummary> peaks;
  std::vector<StepSummary> steps;
  double load_ms() const { return read_ms + prepare_ms; }
};

/// Times a network in our runner, on made-up inputs. Checks first, as Evaluate does, the reports.
BenchmarkSummary Benchmark(const BenchmarkOptions& options);

/// Returns the steps of a profile that lose the most time against their roofs, the worst first: at
/// most five.
std::vector<StepSummary> WorstSteps(const BenchmarkSummary& summary);

}  // namespace qconvert

#pragma GCC visibility pop
