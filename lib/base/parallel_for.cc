#include "lib/base/parallel_for.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace qconvert {
namespace {

int UsableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace

class ThreadPool::Shared {
 public:
  explicit Shared(int threads) {
    const int wanted = threads > 0 ? threads : UsableCores();
    workers_.reserve(static_cast<size_t>(wanted));
    try {
      for (int worker = 1; worker < wanted; ++worker) {
        workers_.emplace_back([this, worker] { Serve(worker); });
      }
    } catch (const std::system_error&) {
      // The system gives no more threads: those that we have share the work.
    }
  }

  ~Shared() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return 1 + static_cast<int>(workers_.size()); }

  void Run(int count, const std::function<void(int, int)>& body) {
    {
      const std::lock_guard lock(mutex_);
      body_ = &body;
      count_ = count;
      next_ = 0;
      failed_index_ = INT_MAX;
      failure_ = nullptr;
      busy_ = threads() - 1;
      ++generation_;
    }
    wake_.notify_all();
    Work(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void Serve(int worker) {
    uint64_t seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stop_ || generation_ != seen; });
        if (stop_) return;
        seen = generation_;
      }
      Work(worker);
      const std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  void Work(int worker) {
    for (int index = next_++; index < count_; index = next_++) {
      try {
        (*body_)(index, worker);
      } catch (...) {
        next_ = count_;
        const std::lock_guard lock(mutex_);
        if (index < failed_index_) {
          failed_index_ = index;
          failure_ = std::current_exception();
        }
      }
    }
  }

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int, int)>* body_ = nullptr;
  int count_ = 0;
  std::atomic<int> next_{0};
  int busy_ = 0;
  uint64_t generation_ = 0;
  bool stop_ = false;
  int failed_index_ = INT_MAX;
  std::exception_ptr failure_;
};

ThreadPool::ThreadPool(int threads) : shared_(std::make_unique<Shared>(threads)) {}
ThreadPool::~ThreadPool() = default;
int ThreadPool::threads() const { return shared_->threads(); }
void ThreadPool::Run(int count, const std::function<void(int, int)>& body) {
  shared_->Run(count, body);
}

}  // namespace qconvert
