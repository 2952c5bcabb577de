// A fixed set of threads that share a loop. Samples, files and weights are what we distribute; a
// single inference runs on one thread.
#pragma once

#include <functional>
#include <memory>

namespace qconvert {

/// Runs loops on a fixed number of threads, the caller being the first. Idle threads sleep.
class ThreadPool {
 public:
  /// `threads` 0: as many as the process may use. Fewer when the system gives no more.
  explicit ThreadPool(int threads);
  ~ThreadPool();

  int threads() const;

  /// Calls body(index, worker) for each index in [0, count), in any order; worker in [0, threads())
  /// is the same for calls on the same thread. Rethrows the exception of the lowest index after the
  /// calls under way have ended; later indices may then be left out. Neither `body` nor another
  /// thread may call Run meanwhile.
  void Run(int count, const std::function<void(int index, int worker)>& body);

 private:
  class Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace qconvert
