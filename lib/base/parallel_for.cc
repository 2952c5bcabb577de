#include "lib/base/parallel_for.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "lib/base/alignment.h"
#include "lib/base/interrupt.h"

namespace qconvert {
namespace {

constexpr int kLooks = 10000;  // for work, before a thread sleeps: 0.1 to 0.4 milliseconds

int UsableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

/// Returns when `word` is no longer `seen`: looks for a while, then sleeps.
void AwaitChange(const std::atomic<uint32_t>& word, uint32_t seen) {
  for (int look = 0; look < kLooks; ++look) {
    if (word.load(std::memory_order_acquire) != seen) return;
    Pause();
  }
  word.wait(seen, std::memory_order_acquire);
}

}  // namespace

/// `state_` holds the loop's number (upper half), whether it is open to threads that come late, and
/// how many workers are in it. A worker that finds the loop closed has missed it; nobody waits.
class ThreadPool::Shared {
 public:
  explicit Shared(int threads) {
    const int wanted = threads > 0 ? threads : UsableCores();
    workers_.reserve(static_cast<size_t>(wanted));
    shares_ = std::vector<Share>(static_cast<size_t>(wanted));
    try {
      for (int worker = 1; worker < wanted; ++worker) {
        workers_.emplace_back([this, worker] { Serve(worker); });
      }
    } catch (const std::system_error&) {
      // The system gives no more threads: those that we have share the work.
    }
  }

  ~Shared() {
    stop_ = true;
    state_.fetch_add(kNextLoop);
    state_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return 1 + static_cast<int>(workers_.size()); }

  void Run(const Loop& loop) {
    loop_ = loop;
    CutShares(loop.count, loop.in_shares ? shares_.size() : 1);
    failed_index_ = INT_MAX;
    failure_ = nullptr;
    const bool shared = loop.count > 1 && !workers_.empty();
    if (shared) Open();
    Work(0);
    if (shared) CloseAndWait();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  static constexpr uint32_t kInside = (1U << 15) - 1;
  static constexpr uint32_t kOpen = 1U << 15;
  static constexpr uint32_t kNextLoop = 1U << 16;

  void Open() {
    state_.fetch_add(kNextLoop + kOpen);
    state_.notify_all();
  }

  void CloseAndWait() {
    uint32_t state = state_.fetch_sub(kOpen) - kOpen;
    while ((state & kInside) != 0) {
      AwaitChange(state_, state);
      state = state_.load();
    }
  }

  /// Joins the loop of `state` unless it has been closed.
  bool Enter(uint32_t state) {
    while ((state & kOpen) != 0) {
      if (state_.compare_exchange_weak(state, state + 1)) return true;
    }
    return false;
  }

  void Leave() {
    const uint32_t state = state_.fetch_sub(1) - 1;
    if ((state & (kOpen | kInside)) == 0) state_.notify_all();
  }

  void Serve(int worker) {
    uint32_t seen = 0;  // number of the last loop
    for (;;) {
      uint32_t state = state_.load();
      while (state / kNextLoop == seen) {
        AwaitChange(state_, state);
        state = state_.load();
      }
      if (stop_) return;
      seen = state / kNextLoop;
      if (!Enter(state)) continue;
      Work(worker);
      Leave();
    }
  }

  /// The indices that a thread takes first.
  struct alignas(kCacheLine) Share {
    std::atomic<int> next{0};
    int end = 0;
  };

  /// Gives the first `sharers` threads equal shares, the others none.
  void CutShares(int count, size_t sharers) {
    const auto indices = static_cast<size_t>(count);
    for (size_t i = 0; i < shares_.size(); ++i) {
      shares_[i].next = static_cast<int>(indices * std::min(i, sharers) / sharers);
      shares_[i].end = static_cast<int>(indices * std::min(i + 1, sharers) / sharers);
    }
  }

  /// Works on the thread's own share, then on what is left of the others'.
  void Work(int worker) {
    const auto own = static_cast<size_t>(worker);
    for (size_t i = 0; i < shares_.size(); ++i) {
      Share& share = shares_[(own + i) % shares_.size()];
      for (int index = share.next++; index < share.end; index = share.next++) Call(index, worker);
    }
  }

  void Call(int index, int worker) {
    if (index > failed_index_) return;
    try {
      ThrowIfInterrupted();
      loop_.call(loop_.body, index, worker);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (index < failed_index_) {
        failed_index_ = index;
        failure_ = std::current_exception();
      }
    }
  }

  std::vector<std::thread> workers_;
  std::vector<Share> shares_;
  std::atomic<uint32_t> state_{0};
  std::atomic<bool> stop_{false};
  Loop loop_;
  std::atomic<int> failed_index_{INT_MAX};
  std::mutex mutex_;  // of the failure
  std::exception_ptr failure_;
};

ThreadPool::ThreadPool(int threads) : shared_(std::make_unique<Shared>(threads)) {}
ThreadPool::~ThreadPool() = default;
int ThreadPool::threads() const { return shared_->threads(); }
void ThreadPool::RunLoop(const Loop& loop) { shared_->Run(loop); }

}  // namespace qconvert
