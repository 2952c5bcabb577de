#include "lib/convert/target_summary.h"

#include <algorithm>
#include <set>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/evaluation/demands.h"
#include "lib/tflite/target_fit.h"

namespace qconvert {
namespace {

/// Returns the group of an operator, which is made when it is the first.
UnfitSummary& GroupOf(const UnfitOperator& unfit, const TargetProfile& target,
                      std::vector<UnfitSummary>& groups) {
  const auto found = std::ranges::find_if(groups, [&](const UnfitSummary& group) {
    return group.kind == unfit.tflite_name && group.reason == unfit.reason;
  });
  if (found != groups.end()) return *found;
  const auto remedy = target.remedies.find(unfit.tflite_name);
  groups.push_back({unfit.tflite_name,
                    unfit.reason,
                    remedy == target.remedies.end() ? "" : remedy->second,
                    {},
                    0});
  return groups.back();
}

int64_t MultiplyAddsOf(const Graph& graph) {
  int64_t multiply_adds = 0;
  for (const Node& node : graph.nodes()) multiply_adds += MultiplyAdds(graph, node);
  return multiply_adds;
}

double Percent(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::optional<TargetSummary> SummarizeTarget(const std::string& target, const EncodedFile& file) {
  if (target.empty()) return std::nullopt;
  const TargetProfile& profile = *FindTargetProfile(target);
  TargetSummary summary{target, profile.title, profile.otherwise, file.graph.nodes().size()};
  int64_t multiply_adds = 0;
  for (const UnfitOperator& unfit : FindUnfit(profile, *file.bytes, file.graph)) {
    UnfitSummary& group = GroupOf(unfit, profile, summary.unfit);
    group.nodes.push_back(file.node_names[unfit.place]);
    const int64_t of_node = MultiplyAdds(file.graph, *unfit.node);
    group.multiply_adds += of_node;
    multiply_adds += of_node;
    ++summary.unfit_operators;
  }
  summary.unfit_percent = Percent(multiply_adds, MultiplyAddsOf(file.graph));
  std::ranges::stable_sort(summary.unfit, std::ranges::greater{}, &UnfitSummary::multiply_adds);
  return summary;
}

std::string WarningOf(const TargetSummary& target) {
  if (!target.otherwise.empty() || target.unfit.empty()) return "";
  std::set<std::string> kinds, remedies;
  for (const UnfitSummary& group : target.unfit) {
    kinds.insert(group.kind);
    remedies.insert(group.remedy.empty() ? FindTargetProfile(target.name)->remedy : group.remedy);
  }
  return fmt::format("{} cannot run the file: it does not take {} of its operators ({}); {}",
                     target.title, target.unfit_operators, fmt::join(kinds, ", "),
                     fmt::join(remedies, "; "));
}

}  // namespace qconvert
