#include "lib/base/standard_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "lib/base/error.h"
#include "lib/base/file_identity.h"

namespace qconvert {
namespace {

int standard_output = STDOUT_FILENO;

}  // namespace

void OpenStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // The lowest descriptor that is free is this one.
    if (open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY) != stream) return;
  }
}

bool IsStandardOutput(const std::string& path) {
  if (path == "-") return true;
  return !IsNullDevice(path) && IdentityOf(path) == IdentityOf(standard_output);
}

void PrintToStderr() {
  if (standard_output != STDOUT_FILENO) return;
  std::fflush(stdout);
  const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (kept < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    Fail(ErrorKind::kIo,
         std::string("cannot set the standard output aside: ") + std::strerror(errno));
  }
  standard_output = kept;
}

int StandardOutput() { return standard_output; }

}  // namespace qconvert
