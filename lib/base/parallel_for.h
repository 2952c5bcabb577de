// A fixed set of threads that share a loop: over samples, files and weights, or over the parts of
// one operator, microseconds each.
#pragma once

#include <memory>

namespace qconvert {

/// Runs loops on a fixed number of threads, the caller being the first. Idle threads look for work
/// for less than a millisecond, then sleep. A thread that the system keeps from running is not
/// waited for: the others do its work.
class ThreadPool {
 public:
  /// `threads` 0: as many as the process may use. Fewer when the system gives no more.
  explicit ThreadPool(int threads);
  ~ThreadPool();

  int threads() const;

  /// Calls body(index, worker) for each index in [0, count), beginning them in ascending order;
  /// worker in [0, threads()) is the same for calls on the same thread. Rethrows the exception of
  /// the lowest index, or what ThrowIfInterrupted throws, after the calls under way have ended;
  /// later indices may then be left out. Neither `body` nor another thread may call Run meanwhile.
  /// Allocates nothing.
  template <typename Body>
  void Run(int count, const Body& body) {
    RunLoop({count, false, &body, Call<Body>});
  }

  /// The same, but each thread begins with a share of the indices that is its own in all loops of
  /// equal length, so that what it left in its core's cache in one it finds there in the next.
  template <typename Body>
  void RunShares(int count, const Body& body) {
    RunLoop({count, true, &body, Call<Body>});
  }

 private:
  template <typename Body>
  static void Call(const void* callee, int index, int worker) {
    (*static_cast<const Body*>(callee))(index, worker);
  }

  struct Loop {
    int count = 0;
    bool in_shares = false;
    const void* body = nullptr;
    void (*call)(const void* body, int index, int worker) = nullptr;
  };
  class Shared;
  void RunLoop(const Loop& loop);

  std::unique_ptr<Shared> shared_;
};

}  // namespace qconvert
