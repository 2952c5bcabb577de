// A profile for people: what the machine can do, and which steps are furthest from it.
#include <algorithm>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/qconvert.h"

namespace qconvert {

std::string PeaksText(const PeakSummary& peaks) {
  return fmt::format("{:.0f} GOP/s int8 ({}), {:.0f} GOP/s float32", peaks.int8_gops,
                     peaks.int8_instruction, peaks.float32_gops);
}

std::string LevelsText(const PeakSummary& peaks) {
  std::vector<std::string> levels;
  for (const LevelSummary& level : peaks.levels) {
    const std::string size =
        level.bytes ? fmt::format(" ({} KiB)", *level.bytes / 1024) : std::string();
    levels.push_back(fmt::format("{}{} {:.3g} GB/s", level.name, size, level.gigabytes_per_s));
  }
  return fmt::format("{}", fmt::join(levels, ", "));
}

std::vector<StepSummary> WorstSteps(const BenchmarkSummary& summary) {
  constexpr size_t kMostSteps = 5;
  std::vector<StepSummary> steps = summary.steps;
  std::erase_if(steps, [](const StepSummary& step) { return step.lost_us() == 0; });
  std::ranges::stable_sort(steps, std::ranges::greater(), &StepSummary::lost_us);
  steps.resize(std::min(steps.size(), kMostSteps));
  return steps;
}

std::string LossText(const StepSummary& step) {
  const double percent = step.percent_of_time * step.lost_us() / step.median_us;
  const std::string bound = step.bound.empty() ? "" : fmt::format(" ({})", step.bound);
  return fmt::format("{:.1f} % of the time: {:.1f} us, roof {:.1f} us{}", percent, step.median_us,
                     step.roof_us, bound);
}

}  // namespace qconvert
