// Files that shrink while they are mapped.
#include "lib/base/cut_files.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "lib/base/interrupt.h"
#include "lib/base/mapped_file.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

/// Runs `body` in a child, since what was cut stays cut for the process. Returns its exit code:
/// that of the Error it throws, or 0.
template <typename Body>
int ExitCodeOf(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      body();
    } catch (const Error& error) {
      _exit(error.exit_code());
    }
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

constexpr size_t kBytes = 100000;

TEST_CASE("A mapped file that shrinks ends in an error, not in a signal", "[base]") {
  const ScratchFolder folder;
  const std::string path = folder.Write("file", std::string(kBytes, 'x'));
  const int code = ExitCodeOf([&] {
    SurviveCutFiles();
    const auto file = MappedFile::Open(path);
    ThrowIfInterrupted();
    fs::resize_file(path, 10);
    for (const std::byte byte : file->bytes().subspan(8192)) {
      if (byte != std::byte{0}) _exit(99);
    }
    ThrowIfInterrupted();
  });
  CHECK(code == static_cast<int>(ErrorKind::kUnusable));
}

TEST_CASE("A file that lost less than a page is noticed, too", "[base]") {
  const ScratchFolder folder;
  const std::string path = folder.Write("file", std::string(kBytes, 'x'));
  const bool still_mapped = GENERATE(true, false);
  const int code = ExitCodeOf([&] {
    auto file = MappedFile::Open(path);
    fs::resize_file(path, kBytes - 1);
    if (!still_mapped) file.reset();
    RequireWholeFiles();
  });
  CHECK(code == static_cast<int>(ErrorKind::kUnusable));
}

TEST_CASE("A file that is replaced, grows or is removed stays whole", "[base]") {
  const ScratchFolder folder;
  const std::string path = folder.Write("file", std::string(kBytes, 'x'));
  const auto file = MappedFile::Open(path);
  SECTION("replaced") { fs::rename(folder.Write("other", "short"), path); }
  SECTION("removed") { fs::remove(path); }
  SECTION("longer") { fs::resize_file(path, 2 * kBytes); }
  CHECK_NOTHROW(RequireWholeFiles());
}

}  // namespace
}  // namespace qconvert
