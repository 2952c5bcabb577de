#include "lib/base/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "lib/base/error.h"

namespace qconvert {
namespace {

[[noreturn]] void FailWrite(const std::string& path, int error) {
  Fail(ErrorKind::kIo, "cannot write '" + path + "': " + std::strerror(error));
}

/// A file beside its target that disappears unless it is renamed to it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target)
      : target_(target), name_(target + "." + std::to_string(getpid()) + ".tmp") {
    struct stat status {};
    if (stat(target.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) FailWrite(target, EISDIR);
    fd_ = open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0) FailWrite(target, errno);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ >= 0) close(fd_);
    if (!renamed_) unlink(name_.c_str());
  }

  void Write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) FailWrite(target_, errno);
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
  }

  void RenameToTarget() {
    const int fd = fd_;
    fd_ = -1;
    if (close(fd) != 0) FailWrite(target_, errno);
    if (rename(name_.c_str(), target_.c_str()) != 0) FailWrite(target_, errno);
    renamed_ = true;
  }

 private:
  std::string target_, name_;
  int fd_ = -1;
  bool renamed_ = false;
};

}  // namespace

void WriteFile(const std::string& path, std::span<const std::byte> bytes) {
  TemporaryFile file(path);
  file.Write(bytes);
  file.RenameToTarget();
}

void WriteFile(const std::string& path, std::string_view text) {
  WriteFile(path, std::as_bytes(std::span(text.data(), text.size())));
}

void RequireWritable(const std::string& path) { TemporaryFile file(path); }

}  // namespace qconvert
