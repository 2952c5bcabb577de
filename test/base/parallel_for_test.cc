// Loops on several threads: every index, every exception, no deadlock.
#include "lib/base/parallel_for.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

TEST_CASE("Every index is run exactly once, on a worker that is always the same thread", "[base]") {
  for (int threads = 1; threads <= 4; ++threads) {
    ThreadPool pool(threads);
    REQUIRE(pool.threads() == threads);
    std::vector<std::thread::id> thread_of(static_cast<size_t>(threads));
    thread_of[0] = std::this_thread::get_id();
    for (const int count : {0, 1, 2, 3, 1000, 1001}) {
      std::vector<std::atomic<int>> runs(static_cast<size_t>(count));
      std::atomic<int> strangers = 0;
      const auto body = [&](int index, int worker) {
        ++runs.at(static_cast<size_t>(index));
        std::thread::id& known = thread_of.at(static_cast<size_t>(worker));
        if (known == std::thread::id()) known = std::this_thread::get_id();
        if (known != std::this_thread::get_id()) ++strangers;
      };
      count % 2 == 0 ? pool.Run(count, body) : pool.RunShares(count, body);
      for (const auto& run : runs) REQUIRE(run == 1);
      CHECK(strangers == 0);
    }
  }
}

TEST_CASE("A pool of no given size has a thread for each usable core, at least one", "[base]") {
  CHECK(ThreadPool(0).threads() >= 1);
}

TEST_CASE("Where the system gives no threads the caller does the work alone", "[base]") {
  pthread_attr_t usual, absurd;
  REQUIRE(pthread_getattr_default_np(&usual) == 0);
  REQUIRE(pthread_getattr_default_np(&absurd) == 0);
  REQUIRE(pthread_attr_setstacksize(&absurd, size_t{1} << 50) == 0);
  REQUIRE(pthread_setattr_default_np(&absurd) == 0);
  ThreadPool pool(4);
  pthread_setattr_default_np(&usual);
  CHECK(pool.threads() == 1);
  int sum = 0;
  pool.Run(10, [&](int index, int) { sum += index; });
  CHECK(sum == 45);
}

TEST_CASE("The work is shared: two calls can wait for one another", "[base]") {
  ThreadPool pool(2);
  std::atomic<int> arrived = 0;
  pool.Run(2, [&](int, int) {
    ++arrived;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (arrived < 2 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    if (arrived < 2) throw std::runtime_error("the other thread never came");
  });
  CHECK(arrived == 2);
}

TEST_CASE("Indices are begun in ascending order", "[base]") {
  ThreadPool pool(3);
  std::atomic<int> begun = 0;
  std::atomic<bool> ascending = true;
  pool.Run(1000, [&](int index, int) {
    // Two others may have taken lower indices and not counted them yet.
    if (index > begun++ + 2) ascending = false;
  });
  CHECK(ascending);
}

TEST_CASE("Each thread begins with its own share of the indices, the same every time", "[base]") {
  ThreadPool pool(2);
  for (int loop = 0; loop < 20; ++loop) {
    std::array<std::atomic<int>, 2> first = {-1, -1};
    pool.RunShares(8, [&](int index, int worker) {
      int none = -1;
      first[static_cast<size_t>(worker)].compare_exchange_strong(none, index);
      while (first[0] < 0 || first[1] < 0) std::this_thread::yield();
    });
    CHECK(first[0] == 0);
    CHECK(first[1] == 4);
  }
}

TEST_CASE("Of several failures the lowest index's is rethrown, whatever the timing", "[base]") {
  for (int threads = 1; threads <= 4; ++threads) {
    ThreadPool pool(threads);
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::atomic<int> after = 0;
      std::string message;
      const auto body = [&](int index, int) {
        if (index == 3) std::this_thread::yield();
        if (index >= 3) throw std::runtime_error(std::to_string(index));
        ++after;
      };
      try {
        repeat % 2 == 0 ? pool.Run(10000, body) : pool.RunShares(10000, body);
      } catch (const std::runtime_error& error) {
        message = error.what();
      }
      REQUIRE(message == "3");
      REQUIRE(after == 3);
    }
  }
}

TEST_CASE("A pool works on after a failure", "[base]") {
  ThreadPool pool(3);
  CHECK_THROWS_AS(pool.Run(1, [](int, int) { throw std::runtime_error("once"); }),
                  std::runtime_error);
  std::atomic<int> sum = 0;
  pool.Run(100, [&](int index, int) { sum += index; });
  CHECK(sum == 4950);
}

TEST_CASE("A body may run a loop on a pool of its own", "[base]") {
  ThreadPool outer(3);
  std::atomic<int> sum = 0;
  outer.Run(4, [&](int i, int) {
    ThreadPool inner(2);
    inner.Run(10, [&](int j, int) { sum += 10 * i + j; });
  });
  CHECK(sum == 780);  // 0 + 1 + ... + 39
}

}  // namespace
}  // namespace qconvert
