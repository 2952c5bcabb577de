#include "lib/convert/validate_search.h"

#include <algorithm>
#include <string_view>
#include <type_traits>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/error.h"
#include "lib/convert/given_flags.h"
#include "lib/convert/validate_options.h"
#include "lib/search/precision_choice.h"
#include "lib/search/search_strategy.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;

/// Requires that a name is one of those that there are.
template <typename Rows>
void RequireName(std::string_view flag, const std::string& name, const Rows& rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) {
    if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(row)>>) {
      names.push_back(row->name);
    } else {
      names.push_back(row.name);
    }
  }
  if (std::ranges::find(names, name) != names.end()) return;
  Fail(ErrorKind::kUsage,
       fmt::format("there is no {} '{}'; there are {}", flag, name, fmt::join(names, ", ")));
}

void RequireNames(const ConvertOptions& options) {
  if (options.strategy) RequireName("--strategy", *options.strategy, SearchStrategies());
  for (const std::string& name : options.precisions) {
    RequireName("--precisions", name, PrecisionChoices());
  }
  const std::string minimize = options.minimize.value_or("size");
  if (minimize != "size" && minimize != "latency") {
    Fail(ErrorKind::kUsage, "--minimize is size or latency, not " + minimize);
  }
}

void RefuseWithoutSearch(const ConvertOptions& options) {
  Refuse("nothing is searched for without --search",
         {{"--minimize", options.minimize.has_value()},
          {"--strategy", options.strategy.has_value()},
          {"--precisions", !options.precisions.empty()},
          {"--state", !options.state.empty()},
          {"--resume", options.resume},
          {"--save-recipe", !options.save_recipe.empty()}});
}

}  // namespace

void RequireSearch(const ConvertOptions& options) {
  RequireNames(options);
  if (!options.search) {
    RefuseWithoutSearch(options);
    return;
  }
  if (!HasLimits(options)) {
    Fail(ErrorKind::kUsage,
         "--search looks for the cheapest file that meets a target; add --max-drop, "
         "--min-agreement, --min-sqnr or --min-correlation");
  }
  if (options.resume && options.state.empty()) {
    Fail(ErrorKind::kUsage, "--resume goes on with a state; add --state FILE");
  }
  Refuse("--search chooses the precision of each layer",
         {{"--recipe", !options.recipe.empty()},
          {"--bits", options.bits.has_value()},
          {"--codebook", options.codebook.has_value()},
          {"--activation-bits", options.activation_bits.has_value()},
          {"--wide", !options.wide.empty()},
          {"--float", options.mode == Mode::kFloat},
          {"--dynamic", options.mode == Mode::kDynamic},
          {"--allow-undecided", options.allow_undecided}});
  Refuse(
      "--search chooses how each layer is rounded, and --effort 2 chooses for all alike; "
      "--equalize goes with it",
      {{"--effort 2", options.effort == 2}, {"--effort 3", options.effort == 3}});
}

}  // namespace qconvert
