// What a search for precisions did, for people.
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/qconvert.h"

namespace qconvert {

std::string ToText(const SearchPointSummary& point) {
  std::vector<std::string> layers;
  for (const auto& [name, count] : point.layers)
    layers.push_back(fmt::format("{} {}", count, name));
  const std::string cost = point.bytes > 0
                               ? fmt::format("{:8.3f} MB", static_cast<double>(point.bytes) / 1e6)
                               : fmt::format("{:8.3f} ms", point.microseconds / 1e3);
  return fmt::format("{}  {:>8}  {}  {}", cost, Decibels(point.sqnr_db),
                     point.meets ? "meets " : "misses", fmt::join(layers, ", "));
}

std::string ToText(const SearchSummary& search) {
  return fmt::format(
      "{} for the least {}, {} layers, {} files measured; {} samples calibrate, {} decide, {} "
      "judge",
      search.strategy, search.minimized, search.groups, search.files, search.calibrating,
      search.deciding, search.judging);
}

}  // namespace qconvert
