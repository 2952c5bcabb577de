#include "cmd/help_text.h"

#include <algorithm>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

namespace qconvert {
namespace {

/// Returns "; needs --a and --b", or nothing for no options.
std::string List(const std::string& relation, const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::sort(names.begin(), names.end());
  return names.empty() ? ""
                       : fmt::format("; {} {}", relation,
                                     fmt::join(names, relation == "needs" ? " and " : " or "));
}

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string value = ValueOf(*option);
    return (value.empty() ? "" : " " + value) + (IsRepeatable(*option) ? " ..." : "");
  }

  std::string make_option_desc(const CLI::Option* option) const override { return HelpOf(*option); }
};

}  // namespace

const std::vector<std::string>& CommandNames() {
  static const std::vector<std::string> kNames = {"qconvert", "qeval", "qtune"};
  return kNames;
}

void FormatHelp(CLI::App& app) { app.formatter(std::make_shared<HelpFormatter>()); }

std::vector<const CLI::Option*> OptionsOf(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->nonpositional(); });
}

std::vector<const CLI::Option*> PositionalsOf(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::vector<std::string> NamesOf(const CLI::Option& option) {
  return CLI::detail::split(option.get_name(false, true), ',');
}

bool IsRepeatable(const CLI::Option& option) {
  return option.get_expected_max() == CLI::detail::expected_max_vector_size;
}

std::string HelpOf(const CLI::Option& option) {
  const std::string& value = option.get_default_str();
  return option.get_description() + List("needs", option.get_needs()) +
         List("not with", option.get_excludes()) +
         (value.empty() ? "" : fmt::format(" (default: {})", value));
}

std::string ValueOf(const CLI::Option& option) {
  return option.get_type_size() == 0 ? "" : option.get_type_name();
}

std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string value = ValueOf(option);
  const bool choices =
      value.find('|') != std::string::npos &&
      value.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-|") == std::string::npos;
  return choices ? CLI::detail::split(value, '|') : std::vector<std::string>{};
}

}  // namespace qconvert
