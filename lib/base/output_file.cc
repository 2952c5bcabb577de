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

/// Returns whether `path` is a device or a pipe, which a rename would replace.
bool IsStream(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  if (S_ISDIR(status.st_mode)) FailWrite(path, EISDIR);
  return !S_ISREG(status.st_mode);
}

/// A file beside its target that disappears unless it is renamed to it; a stream is its own target.
class OutputFile {
 public:
  explicit OutputFile(const std::string& target)
      : target_(target),
        temporary_(IsStream(target) ? "" : target + "." + std::to_string(getpid()) + ".tmp") {
    if (temporary_.empty()) {
      fd_ = open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    } else {
      unlink(temporary_.c_str());  // left by a killed process of the same number
      fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    if (fd_ < 0) FailWrite(target, errno);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() {
    if (fd_ >= 0) close(fd_);
    if (!temporary_.empty()) unlink(temporary_.c_str());
  }

  void Write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) FailWrite(target_, errno);
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
  }

  void Finish() {
    const int fd = fd_;
    fd_ = -1;
    if (close(fd) != 0) FailWrite(target_, errno);
    if (temporary_.empty()) return;
    if (rename(temporary_.c_str(), target_.c_str()) != 0) FailWrite(target_, errno);
    temporary_.clear();
  }

 private:
  std::string target_, temporary_;
  int fd_ = -1;
};

}  // namespace

void WriteFile(const std::string& path, std::span<const std::byte> bytes) {
  OutputFile file(path);
  file.Write(bytes);
  file.Finish();
}

void WriteFile(const std::string& path, std::string_view text) {
  WriteFile(path, std::as_bytes(std::span(text.data(), text.size())));
}

void RequireWritable(const std::string& path) {
  if (!IsStream(path)) OutputFile file(path);
}

}  // namespace qconvert
