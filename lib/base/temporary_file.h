// A file beside its target that takes the target's place once it is whole. output_file.h writes
// through it.
#pragma once

#include <string>

namespace qconvert {

/// A new file in the target's folder, named TARGET.qconvert-NUMBER.tmp and locked (flock) as long
/// as this object lives. It is removed unless it has replaced the target. A process that is killed
/// leaves it unlocked; the next TemporaryFile of the same target removes it.
class TemporaryFile {
 public:
  /// Creates the file with the permissions and, where the system lets us, the owner of the target.
  ///   target  a path that is no link; a regular file or nothing
  ///   Throws std::system_error.
  explicit TemporaryFile(const std::string& target);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  int descriptor() const { return descriptor_; }

  /// Waits until the disk has the bytes, then renames the file to the target.
  ///   Throws std::system_error.
  void ReplaceTarget();

 private:
  const std::string target_;
  std::string path_;  // empty once renamed
  int descriptor_ = -1;
};

}  // namespace qconvert
