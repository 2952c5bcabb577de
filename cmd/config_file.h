// --config FILE and --print-config: options from a section of a TOML file, and back. RunCommand
// adds them to each command.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace qconvert {

/// The configuration of one command.
class ConfigFile {
 public:
  /// Adds --config and --print-config. What the file says holds unless the command line says it.
  ///   A file that cannot be used makes parsing throw Error(kUnusable); a key that is no option of
  ///   the command, Error(kUsage) with the nearest name.
  explicit ConfigFile(CLI::App& app);

  /// Returns what is in force after parsing, as a file that repeats the run; a comment behind each
  /// value says where it comes from, and comments say the defaults.
  std::string Text() const;
  /// Returns whether --print-config was given.
  bool is_asked_for() const { return asked_for_; }

 private:
  CLI::App& app_;
  bool asked_for_ = false;
};

}  // namespace qconvert
