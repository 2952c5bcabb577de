#include "cmd/completions.h"

#include <algorithm>
#include <set>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "cmd/help_text.h"

namespace qconvert {
namespace {

bool TakesFolder(const CLI::Option& option) { return ValueOf(option) == "DIR"; }

/// Returns whether the value of an option is a path of any kind.
bool TakesPath(const CLI::Option& option) {
  static const std::set<std::string> kPaths = {"FILE",  "FILE|-",     "FILE.toml", "PATH",
                                               "MODEL", "MODEL.onnx", "CANDIDATE"};
  return kPaths.contains(ValueOf(option));
}

/// Returns the ending of the files that an option takes, with its dot; empty: any.
std::string EndingOf(const CLI::Option& option) {
  const std::string value = ValueOf(option);
  return TakesPath(option) && value.find('.') != std::string::npos ? value.substr(value.find('.'))
                                                                   : "";
}

bool TakesValue(const CLI::Option& option) { return !ValueOf(option).empty(); }

/// Returns `text` with a backslash in front of each letter of `special`.
std::string Escaped(const std::string& text, const std::string& special) {
  std::string escaped;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// bash

std::string BashFiles(const CLI::Option& option) {
  if (TakesFolder(option)) return "compgen -d -- \"$word\"";
  const std::string ending = EndingOf(option);
  if (ending.empty()) return "compgen -f -- \"$word\"";
  return fmt::format("compgen -f -X '!*{}' -- \"$word\"; compgen -d -- \"$word\"", ending);
}

/// Returns the command that lists what an option may be followed by.
std::string BashValues(const CLI::Option& option) {
  const std::vector<std::string> choices = ChoicesOf(option);
  if (!choices.empty()) return fmt::format("compgen -W '{}' -- \"$word\"", fmt::join(choices, " "));
  return TakesPath(option) || TakesFolder(option) ? BashFiles(option) : ":";
}

// zsh

std::string ZshValues(const CLI::Option& option) {
  const std::vector<std::string> choices = ChoicesOf(option);
  if (!choices.empty()) return fmt::format("({})", fmt::join(choices, " "));
  if (TakesFolder(option)) return "_files -/";
  if (!TakesPath(option)) return "";
  const std::string ending = EndingOf(option);
  return ending.empty() ? "_files" : fmt::format("_files -g \"*{}\"", ending);
}

std::string ZshQuoted(const std::string& text) {
  return "'" + CLI::detail::find_and_replace(text, "'", "'\\''") + "'";
}

std::string ZshOption(const CLI::Option& option) {
  const std::vector<std::string> names = NamesOf(option);
  const std::string value =
      TakesValue(option) ? fmt::format(":{}:{}", Escaped(ValueOf(option), ":"), ZshValues(option))
                         : "";
  const std::string what = ZshQuoted("[" + Escaped(HelpOf(option), "\\[]:") + "]" + value);
  if (IsRepeatable(option)) return ZshQuoted("*" + names.front()) + what;
  if (names.size() == 1) return names.front() + what;
  return fmt::format("'({})'{{{}}}{}", fmt::join(names, " "), fmt::join(names, ","), what);
}

// fish

std::string FishQuoted(const std::string& text) { return "'" + Escaped(text, "\\'") + "'"; }

std::string FishValues(const CLI::Option& option) {
  const std::vector<std::string> choices = ChoicesOf(option);
  if (!choices.empty()) return fmt::format(" -x -a '{}'", fmt::join(choices, " "));
  if (TakesFolder(option)) return " -x -a '(__fish_complete_directories)'";
  if (!TakesPath(option)) return TakesValue(option) ? " -x" : "";
  const std::string ending = EndingOf(option);
  return ending.empty() ? " -r -F" : fmt::format(" -r -k -a '(__fish_complete_suffix {})'", ending);
}

std::string FishOption(const CLI::Option& option) {
  std::string text;
  for (const std::string& name : NamesOf(option)) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  return text + FishValues(option) + " -d " + FishQuoted(HelpOf(option));
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  std::vector<std::string> names;
  std::string cases;
  for (const CLI::Option* option : OptionsOf(app)) {
    const std::vector<std::string> own = NamesOf(*option);
    names.insert(names.end(), own.begin(), own.end());
    if (!TakesValue(*option)) continue;
    cases += fmt::format("    {}) {} ;;\n", fmt::join(own, " | "), BashValues(*option));
  }
  return fmt::format(R"(# Completes the options of {0} and their values in bash.
_{0}_words() {{
  local before=$1 word=$2
  case $before in
{1}    *)
      case $word in
        -*) compgen -W '{2}' -- "$word" ;;
        *) {3} ;;
      esac
      ;;
  esac
}}
_{0}() {{ mapfile -t COMPREPLY < <(_{0}_words "$3" "$2"); }}
complete -o filenames -F _{0} {0}
)",
                     app.get_name(), cases, fmt::join(names, " "),
                     BashFiles(*PositionalsOf(app).front()));
}

std::string ZshCompletion(const CLI::App& app) {
  std::string text = fmt::format(
      "#compdef {0}\n# Completes the options of {0} and their values in zsh.\n"
      "_arguments -s -S",
      app.get_name());
  for (const CLI::Option* option : OptionsOf(app)) text += " \\\n  " + ZshOption(*option);
  int place = 0;
  for (const CLI::Option* option : PositionalsOf(app)) {
    text += fmt::format(" \\\n  '{}:{}:{}'", ++place, option->get_name(true), ZshValues(*option));
  }
  return text + '\n';
}

std::string FishCompletion(const CLI::App& app) {
  std::string text =
      fmt::format("# Completes the options of {} and their values in fish.\n", app.get_name());
  const std::string command = "complete -c " + app.get_name();
  for (const CLI::Option* option : OptionsOf(app)) text += command + FishOption(*option) + '\n';
  const std::string ending = EndingOf(*PositionalsOf(app).front());
  if (!ending.empty()) {
    text += fmt::format("{} -k -a '(__fish_complete_suffix {})'\n", command, ending);
  }
  return text;
}

}  // namespace qconvert
