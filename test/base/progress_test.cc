// The progress bar: for people at a terminal who have waited a second, and for nobody else.
#include "lib/base/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

/// Lets a file descriptor stand in for stderr.
class Redirected {
 public:
  explicit Redirected(int fd) : before_(dup(STDERR_FILENO)) { dup2(fd, STDERR_FILENO); }
  ~Redirected() {
    dup2(before_, STDERR_FILENO);
    close(before_);
  }

 private:
  int before_;
};

/// Returns what a second and a bit of work shows on a new terminal.
std::string ShownOnTerminal(bool quiet) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(master >= 0);
  REQUIRE(grantpt(master) == 0);
  REQUIRE(unlockpt(master) == 0);
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  {
    const Redirected redirected(terminal);
    Progress progress("calibrating", 4, quiet);
    progress.Advance();
    if (!quiet) std::this_thread::sleep_for(std::chrono::milliseconds(1050));
    progress.Advance();
  }
  close(terminal);
  std::string shown;
  char bytes[1024];
  for (ssize_t count; (count = read(master, bytes, sizeof(bytes))) > 0;) {  // until nobody writes
    shown.append(bytes, static_cast<size_t>(count));
  }
  close(master);
  return shown;
}

TEST_CASE("A terminal shows how much is done, and nothing when it is over", "[base]") {
  const std::string shown = ShownOnTerminal(false);
  CHECK(shown.find("calibrating [###############...............] 2/4") != std::string::npos);
  CHECK(shown.find("1/4") == std::string::npos);
  CHECK(shown.substr(shown.rfind('\r')) == "\r\033[K");
}

TEST_CASE("A line says how long the rest takes and fits the terminal", "[base]") {
  using std::chrono::seconds;
  const auto line = [](size_t done, seconds elapsed, size_t columns) {
    return ProgressLine("calibrating", done, 300, elapsed, columns);
  };
  CHECK(line(100, seconds(4), 80) ==
        "calibrating [##########....................] 100/300, 8 s left");
  CHECK(line(100, seconds(4), 0) == line(100, seconds(4), 80));
  CHECK(line(100, seconds(4), 40) == "calibrating [##.....] 100/300, 8 s left");
  CHECK(line(100, seconds(90), 80).ends_with("100/300, 3 min left"));
  CHECK(line(1, seconds(90), 80).ends_with("1/300, 8 h left"));
  CHECK(line(300, seconds(90), 80).ends_with("300/300"));
  for (size_t columns = 1; columns < 100; ++columns) {
    CHECK(line(100, seconds(4), columns).size() < columns);
  }
}

TEST_CASE("Quiet work shows nothing", "[base]") { CHECK(ShownOnTerminal(true).empty()); }

}  // namespace
}  // namespace qconvert
