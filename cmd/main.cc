// An executable: QCONVERT_MAIN is its entry point. This file is compiled without the instructions
// that the library needs.
#include <unistd.h>

#include <string_view>

#include "cmd/mains.h"

namespace {

constexpr int kUnsupported = 4;

/// Ends the program on a processor that lacks SSE4.1. It runs before the sanitizers are ready.
[[maybe_unused]] __attribute__((no_sanitize("address", "undefined"))) void RequireInstructions(
    int, char**, char**) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.1") != 0) return;
  static constexpr std::string_view kMessage =
      "error: this processor lacks SSE4.1, which qconvert is compiled for\n";
  const ssize_t written = write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(written < 0 ? 1 : kUnsupported);
}

#if defined(__x86_64__)
/// Called before the constructors of shared libraries, which use such instructions.
[[gnu::section(".preinit_array"), gnu::used]] void (*const kFirst)(int, char**,
                                                                   char**) = RequireInstructions;
#endif

}  // namespace

int main(int argc, char** argv) { return QCONVERT_MAIN(argc, argv); }
