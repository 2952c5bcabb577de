#include "cmd/config_file.h"

#include <algorithm>
#include <istream>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "cmd/help_text.h"
#include "cmd/toml.h"
#include "lib/base/error.h"
#include "lib/base/nearest_name.h"
#include "lib/base/printable.h"

namespace qconvert {
namespace {

/// Returns the options that a file may give.
std::vector<const CLI::Option*> ConfigurableOptions(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->get_configurable(); });
}

bool IsFlag(const CLI::Option& option) { return option.get_expected_min() == 0; }

/// Reads and writes the section of one command, for CLI11, which calls it when it has parsed the
/// command line.
class SectionFormat : public CLI::Config {
 public:
  explicit SectionFormat(const CLI::App& app) : app_(app) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    try {
      return Items(ParseToml(text));
    } catch (const Error& error) {
      throw error.WithContext(FileName());
    }
  }

  std::string to_config(const CLI::App*, bool, bool, std::string) const override {
    std::string text = fmt::format("[{}]\n", app_.get_name());
    for (const CLI::Option* option : ConfigurableOptions(app_)) text += Line(*option) + '\n';
    return text;
  }

 private:
  std::string FileName() const { return app_.get_config_ptr()->as<std::string>(); }

  std::vector<CLI::ConfigItem> Items(const std::vector<TomlEntry>& entries) const {
    std::vector<CLI::ConfigItem> found;
    for (const TomlEntry& entry : entries) {
      RequireSection(entry);
      if (entry.section != app_.get_name()) continue;
      const CLI::Option& option = Find(entry);
      const bool off = IsFlag(option) && entry.values == std::vector<std::string>{"false"};
      if (option.count() > 0 || off) continue;
      lines_[entry.key] = entry.line;
      found.push_back({.parents = {}, .name = entry.key, .inputs = entry.values});
    }
    return found;
  }

  static void RequireSection(const TomlEntry& entry) {
    const std::vector<std::string>& commands = CommandNames();
    if (std::find(commands.begin(), commands.end(), entry.section) != commands.end()) return;
    const std::string reason =
        entry.section.empty() ? fmt::format("'{}' stands in no section; begin one with", entry.key)
                              : fmt::format("there is no section [{}]; there are", entry.section);
    Fail(ErrorKind::kUsage,
         fmt::format("line {}: {} [{}]", entry.line, reason, fmt::join(commands, "] or [")));
  }

  const CLI::Option& Find(const TomlEntry& entry) const {
    std::vector<std::string> names;
    for (const CLI::Option* option : ConfigurableOptions(app_)) {
      names.push_back(Key(*option));
      if (names.back() == entry.key) return *option;
    }
    Fail(ErrorKind::kUsage,
         fmt::format("line {}: {} has no option '{}'; the nearest is {}", entry.line,
                     app_.get_name(), entry.key, NearestName(entry.key, names)));
  }

  /// Returns the name of an option without dashes, or of a positional.
  static std::string Key(const CLI::Option& option) { return option.get_single_name(); }

  std::string Line(const CLI::Option& option) const {
    const std::string key = Key(option);
    if (option.count() == 0) {
      const std::string& value = option.get_default_str();
      return fmt::format("# {}: {}", key, !value.empty() ? value : IsFlag(option) ? "off" : "none");
    }
    const auto place = lines_.find(key);
    const std::string source = place == lines_.end()
                                   ? "command line"
                                   : fmt::format("{}:{}", Printable(FileName()), place->second);
    const std::vector<std::string>& given = option.results();
    const std::vector<std::string> values =
        IsFlag(option) ? std::vector<std::string>{given.back()} : given;
    return fmt::format("{} = {}  # {}", key, TomlText(values), source);
  }

  const CLI::App& app_;
  /// The lines of the keys that are in force. CLI11 declares its readers const.
  mutable std::map<std::string, size_t> lines_;
};

}  // namespace

ConfigFile::ConfigFile(CLI::App& app) : app_(app) {
  app.set_config("--config", "", "read options from a section of a TOML file")
      ->type_name("FILE.toml");
  app.config_formatter(std::make_shared<SectionFormat>(app));
  app.add_flag("--print-config", asked_for_,
               "print the options in force, where each comes from, and what repeats the run")
      ->configurable(false);
}

std::string ConfigFile::Text() const { return app_.config_to_str(); }

}  // namespace qconvert
