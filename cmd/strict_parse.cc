#include "cmd/strict_parse.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/nearest_name.h"

namespace qconvert {
namespace {

bool IsNumber(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && (*end == '\0' || std::string(end) == ",");
}

/// Refuses "--mean 0.4 0.5 0.6", whose second number would be taken for the model.
void RequireCommas(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i + 2 < arguments.size(); ++i) {
    const std::string& flag = arguments[i];
    if (flag != "--mean" && flag != "--std") continue;
    std::string numbers;
    size_t last = i + 1;
    for (; last < arguments.size() && IsNumber(arguments[last]); ++last) {
      const std::string& text = arguments[last];
      numbers += (numbers.empty() ? "" : ",") + text.substr(0, text.find(','));
    }
    if (last <= i + 2) continue;
    Fail(ErrorKind::kUsage,
         fmt::format("{} takes one value with commas: {} {}", flag, flag, numbers));
  }
}

/// Returns how to give an option twice, where `arguments` give one of those that may be repeated
/// several values.
std::string RepeatedForm(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i + 2 < arguments.size(); ++i) {
    const std::string& flag = arguments[i];
    const bool repeatable = flag == "--data" || flag == "--shape";
    if (!repeatable || arguments[i + 2].starts_with("-")) continue;
    return fmt::format("; {} takes one value, and may be repeated: {} {} {} {}", flag, flag,
                       arguments[i + 1], flag, arguments[i + 2]);
  }
  return "";
}

std::vector<std::string> NamesOfOptions(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

/// Refuses what the parser had no place for.
void RequireAllTaken(const CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> left = app.remaining();
  std::erase(left, "--");  // it only ends the options
  if (left.empty()) return;
  for (const std::string& word : left) {
    if (!word.starts_with("-")) continue;
    Fail(ErrorKind::kUsage, fmt::format("there is no option '{}'; the nearest is {}", word,
                                        NearestName(word, NamesOfOptions(app))));
  }
  Fail(ErrorKind::kUsage,
       fmt::format("'{}' is one name too many{}", left.front(), RepeatedForm(arguments)));
}

}  // namespace

void ParseStrictly(CLI::App& app, int argc, char** argv) {
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  RequireCommas(arguments);
  app.allow_extras();
  try {
    app.parse(argc, argv);
  } catch (const CLI::FileError&) {
    const auto file = app.get_config_ptr()->as<std::string>();
    Fail(ErrorKind::kUnusable, fmt::format("cannot read the configuration '{}'", file));
  }
  RequireAllTaken(app, arguments);
}

}  // namespace qconvert
