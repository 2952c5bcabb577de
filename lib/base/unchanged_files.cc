#include "lib/base/unchanged_files.h"

#include <sys/stat.h>

#include <utility>

#include "lib/base/error.h"

namespace qconvert {
namespace {

int64_t Nanoseconds(const timespec& time) {
  return time.tv_sec * int64_t{1000000000} + time.tv_nsec;
}

}  // namespace

UnchangedFiles::Stamp UnchangedFiles::StampOf(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {};
  // The second time is the system's own: who writes a file cannot set it back.
  return {{status.st_dev, status.st_ino, ""},
          status.st_size,
          Nanoseconds(status.st_mtim),
          Nanoseconds(status.st_ctim)};
}

UnchangedFiles::UnchangedFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {
  for (const std::string& path : paths_) stamps_.push_back(StampOf(path));
}

void UnchangedFiles::Require() const {
  for (size_t i = 0; i < paths_.size(); ++i) {
    if (StampOf(paths_[i]) == stamps_[i]) continue;
    Fail(ErrorKind::kUnusable, paths_[i] + ": it changed while it was converted; convert it again");
  }
}

}  // namespace qconvert
