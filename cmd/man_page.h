// The options of a command -> its page for man(1). `--generate man` prints it; the build installs
// it.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace qconvert {

/// Returns the manual page of a command in man's macros: what --help says.
std::string ManPage(const CLI::App& app);

}  // namespace qconvert
