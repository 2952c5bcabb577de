// What both executables do around their one call: shared flags, and the only place that prints an
// error.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/qconvert.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace qconvert {

/// Adds an option that takes one of several names, and calls `choose` with the place of the name.
CLI::Option* AddNames(CLI::App& app, const std::string& flag, const std::vector<std::string>& names,
                      const std::string& help, std::function<void(size_t)> choose);

/// Adds an option whose names stand for values of `target`, an enum or an optional of one.
template <typename T, typename Target>
CLI::Option* AddChoice(CLI::App& app, const std::string& flag, Target& target,
                       const std::vector<std::pair<std::string, T>>& choices,
                       const std::string& help) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  return AddNames(app, flag, names, help,
                  [&target, choices](size_t i) { target = choices[i].second; });
}

/// One of several methods that a flag names.
struct NamedMethod {
  std::string name, help;
};

/// Adds a flag that names one of several methods, of which the first is the default.
///   what  the methods do
CLI::Option* AddMethodNames(CLI::App& app, const std::string& flag, const std::string& what,
                            const std::vector<NamedMethod>& methods,
                            std::optional<std::string>& target);

/// Adds a flag as above for rows that have a name and a help text.
template <typename Methods>
CLI::Option* AddMethods(CLI::App& app, const std::string& flag, const std::string& what,
                        Methods methods, std::optional<std::string>& target) {
  std::vector<NamedMethod> named;
  for (const auto* method : methods) {
    named.push_back({std::string(method->name), std::string(method->help)});
  }
  return AddMethodNames(app, flag, what, named, target);
}

/// Adds an option that names an output, or "-" for stdout; an empty name is refused.
CLI::Option* AddOutputFlag(CLI::App& app, const std::string& flag, std::string& output,
                           const std::string& help);

/// Adds --data, --samples, --resize, --crop, --pixel-range, --mean, --std and --channels.
/// `otherwise` stands in front of the defaults of pictures.
void AddDataFlags(CLI::App& app, DataOptions& data, const std::string& otherwise);

/// Adds --shape NAME:1x3x224x224, repeatable.
void AddShapeFlag(CLI::App& app, std::map<std::string, std::vector<int64_t>>& shapes);
/// Adds --inputs and --outputs.
void AddCutFlags(CLI::App& app, std::vector<std::string>& inputs,
                 std::vector<std::string>& outputs);

/// Settles where results go before the work: an output that is the standard output by another name
/// (/dev/stdout) becomes "-", and with one of those, what is printed for people goes to stderr.
void SettleOutputs(std::initializer_list<std::string*> outputs);

/// Writes a report to FILE, or to stdout for "-"; an empty name is none.
void WriteReport(const std::string& file, const std::string& text);

/// Parses the command line and runs `body`; prints what it throws on one place and returns the exit
/// code. An option that is unknown is an error with the nearest name, and so is what could not be
/// written to stdout.
int RunCommand(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

/// Returns "4.01 MB".
std::string Megabytes(size_t bytes);

}  // namespace qconvert
