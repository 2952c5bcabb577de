#include "lib/base/output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>

#include "lib/base/destination.h"
#include "lib/base/error.h"
#include "lib/base/standard_output.h"
#include "lib/base/temporary_file.h"

namespace qconvert {
namespace {

[[noreturn]] void FailWith(int error) { throw std::system_error(error, std::generic_category()); }

/// Runs `body` and names the output in what it throws.
template <typename Body>
void NamingOutput(const std::string& path, Body body) {
  try {
    body();
  } catch (const std::system_error& error) {
    Fail(ErrorKind::kIo, "cannot write '" + path + "': " + error.code().message());
  }
}

/// Waits until a descriptor that never blocks takes bytes again.
void WaitUntilWritable(int descriptor) {
  pollfd wanted{descriptor, POLLOUT, 0};
  if (poll(&wanted, 1, -1) < 0 && errno != EINTR) FailWith(errno);
}

void WriteAll(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      WaitUntilWritable(descriptor);
    } else if (errno != EINTR) {
      FailWith(errno);
    }
  }
}

/// Returns the open descriptor that an output goes to, if it is one.
std::optional<int> OpenDescriptor(const std::string& path, const Destination& destination) {
  return IsStandardOutput(path) ? StandardOutput() : destination.descriptor;
}

/// Returns whether `path` is a device or a pipe, which a rename would replace.
bool IsStream(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

void WriteStream(const std::string& path, std::span<const std::byte> bytes) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) FailWith(errno);
  try {
    WriteAll(descriptor, bytes);
  } catch (const std::system_error&) {
    close(descriptor);
    throw;
  }
  if (close(descriptor) != 0) FailWith(errno);
}

void RequireOpenForWriting(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) FailWith(errno);
  if ((flags & O_ACCMODE) == O_RDONLY) FailWith(EBADF);
}

}  // namespace

void WriteFile(const std::string& path, std::span<const std::byte> bytes) {
  NamingOutput(path, [&] {
    const Destination destination = DestinationOf(path);
    if (const auto descriptor = OpenDescriptor(path, destination)) {
      std::fflush(stdout);  // what was printed before comes before
      WriteAll(*descriptor, bytes);
    } else if (IsStream(destination.path)) {
      WriteStream(destination.path, bytes);
    } else {
      TemporaryFile file(destination.path);
      WriteAll(file.descriptor(), bytes);
      file.ReplaceTarget();
    }
  });
}

void WriteFile(const std::string& path, std::string_view text) {
  WriteFile(path, std::as_bytes(std::span(text.data(), text.size())));
}

void RequireWritable(const std::string& path) {
  NamingOutput(path, [&] {
    const Destination destination = DestinationOf(path);
    if (const auto descriptor = OpenDescriptor(path, destination)) {
      RequireOpenForWriting(*descriptor);
    } else if (IsStream(destination.path)) {
      if (access(destination.path.c_str(), W_OK) != 0) FailWith(errno);
    } else {
      const TemporaryFile file(destination.path);
    }
  });
}

}  // namespace qconvert
