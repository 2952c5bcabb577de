// Files that must stay what they are while a run reads them again and again: the model and its
// weights. network/ watches them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/file_identity.h"

namespace qconvert {

/// Remembers what files were when it was made.
class UnchangedFiles {
 public:
  explicit UnchangedFiles(std::vector<std::string> paths);

  /// Throws Error(kUnusable) naming a file that was replaced, removed or written to since.
  void Require() const;

 private:
  struct Stamp {
    FileIdentity file;
    int64_t bytes = -1, written_ns = 0, changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static Stamp StampOf(const std::string& path);

  std::vector<std::string> paths_;
  std::vector<Stamp> stamps_;
};

}  // namespace qconvert
