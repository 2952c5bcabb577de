#include "lib/base/interrupt.h"

#include <atomic>
#include <csignal>

#include "lib/base/error.h"

namespace qconvert {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

extern "C" void OnSignal(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void CatchInterrupts() {
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGXFSZ, SIG_IGN);
}

void ThrowIfInterrupted() {
  if (interrupted) Fail(ErrorKind::kInterrupted, "interrupted");
}

}  // namespace qconvert
