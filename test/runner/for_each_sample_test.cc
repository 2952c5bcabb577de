#include "lib/runner/for_each_sample.h"

#include <atomic>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/errors.h"

namespace qconvert {
namespace {

/// What one thread works with; it can neither be copied nor moved.
struct Worker {
  explicit Worker(std::atomic<int>& made) { ++made; }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  std::atomic<int> inside{0};
};

TEST_CASE("Results of samples are folded in order, for any number of threads", "[runner]") {
  for (int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    Progress progress("", 300, true);
    std::atomic<int> made{0}, shared{0};
    std::vector<size_t> folded;
    ForEachSample(
        300, pool, progress, [&] { return Worker(made); },
        [&](size_t i, Worker& worker) {
          if (worker.inside++ != 0) ++shared;
          if (i % 7 == 0) std::this_thread::yield();
          --worker.inside;
          return std::make_unique<size_t>(i * i);
        },
        [&](size_t i, std::unique_ptr<size_t>&& square) {
          CHECK(i == folded.size());
          folded.push_back(*std::move(square));
        });
    REQUIRE(folded.size() == 300);
    for (size_t i = 0; i < folded.size(); ++i) CHECK(folded[i] == i * i);
    CHECK(made <= threads);
    CHECK(shared == 0);
  }
}

TEST_CASE("Samples that give nothing are run once each", "[runner]") {
  ThreadPool pool(3);
  Progress progress("", 100, true);
  std::vector<int> runs(100);
  ForEachSample(
      100, pool, progress, [] { return 0; }, [&](size_t i, int&) { ++runs[i]; });
  CHECK(runs == std::vector<int>(100, 1));
}

TEST_CASE("No samples make no state", "[runner]") {
  ThreadPool pool(2);
  Progress progress("", 0, true);
  std::atomic<int> made{0};
  ForEachSample(
      0, pool, progress, [&] { return Worker(made); }, [](size_t i, Worker&) { return i; },
      [](size_t, size_t) { FAIL("there is nothing to fold"); });
  CHECK(made == 0);
}

TEST_CASE("The lowest sample that fails is reported, and none behind it is folded", "[runner]") {
  for (int threads : {1, 4}) {
    ThreadPool pool(threads);
    Progress progress("", 50, true);
    size_t folded = 0;
    const auto run = [](size_t i, int&) {
      if (i == 21 || i == 22) Fail(ErrorKind::kUnusable, "sample " + std::to_string(i));
      return i;
    };
    const auto fold = [&](size_t, size_t) { ++folded; };
    const Error error = ErrorOf([&] {
      ForEachSample(
          50, pool, progress, [] { return 0; }, run, fold);
    });
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, "sample 21"));
    CHECK(folded <= 21);
  }
}

}  // namespace
}  // namespace qconvert
