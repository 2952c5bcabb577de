// The words of a command line -> the options of an app. RunCommand calls it.
#pragma once

namespace CLI {
class App;
}

namespace qconvert {

/// Parses a command line into the variables of `app`.
///   Throws Error(kUsage) for an option that does not exist, with the nearest name, and for several
///   values after an option that takes one, with the form to write; Error(kUnusable) for a
///   configuration that cannot be read; CLI::ParseError for the rest.
void ParseStrictly(CLI::App& app, int argc, char** argv);

}  // namespace qconvert
