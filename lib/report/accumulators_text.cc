// The bits of the accumulators of a file, on one line.
#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"

namespace qconvert {

std::string AccumulatorsText(const ConvertSummary& summary) {
  const std::vector<AccumulatorSummary>& all = summary.accumulators;
  if (summary.accumulator_bits >= 32 || all.empty()) return "";
  const auto most = std::ranges::max_element(all, {}, &AccumulatorSummary::bits);
  return fmt::format("{} bits hold the sums of all {} nodes, whatever the inputs; '{}' takes {}",
                     summary.accumulator_bits, all.size(), most->node, most->bits);
}

}  // namespace qconvert
