// What a run will write. protect_inputs.h adds every output and then asks about every input, before
// any work and before output_file.h creates anything.
#pragma once

#include <map>
#include <string>

#include "lib/base/file_identity.h"

namespace qconvert {

/// Outputs, by the files that they lead to.
class OutputPaths {
 public:
  /// Adds an output; "-" is the standard output. Any number may go to the null device.
  ///   kind    what it is to the user: "output", "report"
  ///   remedy  what to do when it clashes: "choose another name with -o"
  ///   Throws Error(kUsage) when an output before it goes to the same place.
  void Add(const std::string& kind, const std::string& path, const std::string& remedy);

  /// Checks that no output would overwrite an input.
  ///   what  the input is, as the end of a sentence: "the model itself"
  ///   Throws Error(kUsage) that names the output and what it is.
  void RequireNot(const std::string& input, const std::string& what) const;

  /// Returns whether an output is a file that exists; else none can be an input.
  bool AnyExists() const;

 private:
  struct Output {
    std::string kind, path, remedy;
  };
  static FileIdentity PlaceOf(const std::string& path);

  std::map<FileIdentity, Output> outputs_;
};

}  // namespace qconvert
