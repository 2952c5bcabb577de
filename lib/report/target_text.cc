// What a target runs of a file, and why not all of it, line by line.
#include <algorithm>
#include <span>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/qconvert.h"

namespace qconvert {
namespace {

constexpr size_t kShownNodes = 3;

std::string NodesText(const std::vector<std::string>& nodes, bool all) {
  const size_t shown = all ? nodes.size() : std::min(nodes.size(), kShownNodes);
  const std::span<const std::string> first(nodes.data(), shown);
  const size_t more = nodes.size() - shown;
  return fmt::format("'{}'{}", fmt::join(first, "', '"),
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

std::string HeadOf(const TargetSummary& target) {
  if (target.unfit.empty()) {
    return fmt::format("all {} operators run on {}", target.operators, target.name);
  }
  return fmt::format("{} of {} operators do not run on {}{} ({:.3g} % of the multiply-adds)",
                     target.unfit_operators, target.operators, target.name,
                     target.otherwise.empty() ? "" : fmt::format(" but on {}", target.otherwise),
                     target.unfit_percent);
}

}  // namespace

std::vector<std::string> ToLines(const TargetSummary& target, bool all_nodes) {
  std::vector<std::string> lines{HeadOf(target)};
  for (const UnfitSummary& group : target.unfit) {
    lines.push_back(fmt::format("{}: {}: {}{}", group.kind, group.reason,
                                NodesText(group.nodes, all_nodes),
                                group.remedy.empty() ? "" : "; " + group.remedy));
  }
  return lines;
}

}  // namespace qconvert
