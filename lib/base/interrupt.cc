#include "lib/base/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string_view>

#include "lib/base/cut_files.h"
#include "lib/base/error.h"

namespace qconvert {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

constexpr std::string_view kMessage = "error: interrupted\n";

extern "C" void OnPatienceOver(int) {
  static_cast<void>(!write(STDERR_FILENO, kMessage.data(), kMessage.size()));
  _exit(static_cast<int>(ErrorKind::kInterrupted));
}

extern "C" void OnSignal(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
  std::signal(SIGALRM, OnPatienceOver);
  alarm(1);
}

}  // namespace

void CatchInterrupts() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, OnSignal) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

void ThrowIfInterrupted() {
  if (interrupted) Fail(ErrorKind::kInterrupted, "interrupted");
  ThrowIfCut();
}

}  // namespace qconvert
