#include "cmd/search_flags.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "cmd/command_line.h"
#include "lib/search/precision_choice.h"
#include "lib/search/search_strategy.h"

namespace qconvert {
namespace {

constexpr size_t kShown = 8;  // of the files of the table

std::string PrecisionsHelp() {
  std::string help = "of --search: precisions to choose among, separated by commas:";
  const char* separator = " ";
  for (const PrecisionChoice& choice : PrecisionChoices()) {
    help += fmt::format("{}{}, {}", separator, choice.name, choice.help);
    separator = "; ";
  }
  return help;
}

}  // namespace

void AddSearchFlags(CLI::App& app, ConvertOptions& options) {
  app.add_flag("--search", options.search,
               "choose the precision of each layer: the cheapest file that meets --max-drop, "
               "--min-agreement, --min-sqnr and --min-correlation on samples that it was not made "
               "with; others, which no decision saw, judge it");
  AddNames(app, "--minimize", {"size", "latency"},
           "of --search: bytes of the file, or the time of its layers, measured here",
           [&options](size_t i) { options.minimize = i == 0 ? "size" : "latency"; })
      ->default_str("size");
  AddMethods(app, "--strategy", "of --search, how it looks", SearchStrategies(), options.strategy);
  app.add_option("--precisions", options.precisions, PrecisionsHelp())
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...")
      ->default_str("int4,int8,int16,float16,float32");
  app.add_option("--state", options.state, "of --search: keep what is known in FILE")
      ->type_name("FILE");
  app.add_flag("--resume", options.resume, "of --search: go on with what --state holds");
  app.add_option("--save-recipe", options.save_recipe,
                 "of --search: the recipe, by which --recipe makes the same file again")
      ->type_name("FILE")
      ->default_str("STEM.recipe.json");
  app.add_option("--recipe", options.recipe,
                 "JSON file that says the precision of layers by name, as a search writes it")
      ->type_name("FILE");
}

void PrintSearch(const SearchSummary& search, bool verbose) {
  fmt::print("search:      {}\n", ToText(search));
  fmt::print("             cost, SQNR on the {} samples that decide, layers\n", search.deciding);
  const size_t shown = verbose ? search.pareto.size() : std::min(search.pareto.size(), kShown);
  for (size_t k = 0; k < shown; ++k) {
    // Evenly spread, the cheapest and the most precise among them.
    const size_t place = shown < 2 ? 0 : k * (search.pareto.size() - 1) / (shown - 1);
    fmt::print("             {}\n", ToText(search.pareto[place]));
  }
  fmt::print("chosen:      {}\n", ToText(search.best));
  fmt::print("recipe:      {}\n", search.recipe);
}

}  // namespace qconvert
