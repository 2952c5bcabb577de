// The options of a command -> what a shell completes. `--generate bash|zsh|fish` prints it; the
// build installs it.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace qconvert {

/// Returns a script that makes bash complete options, the names that they take, and files.
std::string BashCompletion(const CLI::App& app);
/// Returns the same for zsh, with what each option does.
std::string ZshCompletion(const CLI::App& app);
/// Returns the same for fish, with what each option does.
std::string FishCompletion(const CLI::App& app);

}  // namespace qconvert
