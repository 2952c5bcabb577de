// An option -> what people read of it: --help, the man page and the completions say the same.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace qconvert {

/// Returns the names of our commands.
const std::vector<std::string>& CommandNames();

/// Lets --help of `app` print options in our words.
void FormatHelp(CLI::App& app);

/// Returns the options that have dashes, in the order of --help.
std::vector<const CLI::Option*> OptionsOf(const CLI::App& app);
/// Returns the arguments without dashes, in their order.
std::vector<const CLI::Option*> PositionalsOf(const CLI::App& app);

/// Returns the names of an option with their dashes, short ones first, or the name of a positional.
std::vector<std::string> NamesOf(const CLI::Option& option);

/// Returns whether an option may be given several times.
bool IsRepeatable(const CLI::Option& option);

/// Returns what an option does, what it needs and excludes, and its default, in one line.
std::string HelpOf(const CLI::Option& option);

/// Returns what stands for the value of an option: "FILE", "8|4|16"; empty for a flag.
std::string ValueOf(const CLI::Option& option);

/// Returns the names that an option may be given as its value; none for other values.
std::vector<std::string> ChoicesOf(const CLI::Option& option);

}  // namespace qconvert
