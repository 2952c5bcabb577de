// The one exception, and signals that become one.
#include "lib/base/error.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <catch2/catch.hpp>

#include "lib/base/check.h"
#include "lib/base/interrupt.h"
#include "test/support/errors.h"

namespace qconvert {
namespace {

TEST_CASE("An error's kind is the exit code that the documents promise", "[base]") {
  const std::pair<ErrorKind, int> kCodes[] = {
      {ErrorKind::kGateFailed, 1},  {ErrorKind::kUsage, 2},        {ErrorKind::kUnusable, 3},
      {ErrorKind::kUnsupported, 4}, {ErrorKind::kIo, 5},           {ErrorKind::kUndecided, 6},
      {ErrorKind::kInternal, 70},   {ErrorKind::kInterrupted, 130}};
  for (const auto& code : kCodes) CHECK(Error(code.first, "").exit_code() == code.second);
}

TEST_CASE("Context stands in front of the message and keeps the kind", "[base]") {
  const Error error = ErrorOf([] { Fail(ErrorKind::kUnusable, "cut off"); })
                          .WithContext("node 'a'")
                          .WithContext("model.onnx");
  CHECK(std::string(error.what()) == "model.onnx: node 'a': cut off");
  CHECK(error.kind() == ErrorKind::kUnusable);
}

TEST_CASE("Check blames ourselves, and only when its condition does not hold", "[base]") {
  CHECK_NOTHROW(Check(true, "fine"));
  CHECK_THAT(ErrorOf([] { Check(false, "ranks differ"); }),
             IsError(ErrorKind::kInternal, "ranks differ"));
}

/// Runs `body` in a child process and returns how it ended.
template <typename Body>
int StatusOf(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

TEST_CASE("A first signal becomes an error at the next convenient place", "[base]") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = StatusOf([signal] {
      CatchInterrupts();
      ThrowIfInterrupted();
      raise(signal);
      try {
        ThrowIfInterrupted();
      } catch (const Error& error) {
        _exit(error.exit_code());
      }
    });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
  }
}

TEST_CASE("A second signal ends the process", "[base]") {
  const int status = StatusOf([] {
    CatchInterrupts();
    raise(SIGINT);
    raise(SIGINT);
  });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("A signal that nobody asks for ends the process a second later", "[base]") {
  const int status = StatusOf([] {
    CatchInterrupts();
    raise(SIGTERM);
    while (true) pause();
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
}

TEST_CASE("A signal that is ignored stays so", "[base]") {
  const int status = StatusOf([] {
    std::signal(SIGHUP, SIG_IGN);
    CatchInterrupts();
    raise(SIGHUP);
    ThrowIfInterrupted();
  });
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST_CASE("Output that grows beyond the limit of a file does not end the process", "[base]") {
  const int status = StatusOf([] {
    CatchInterrupts();
    raise(SIGXFSZ);
  });
  CHECK(WIFEXITED(status));
}

}  // namespace
}  // namespace qconvert
