// Puts results that threads finish in any order back into order. Loops over samples fold their
// results in this order, so the outcome does not depend on the number of threads.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace qconvert {

/// Hands results 0, 1, 2... to a function, each as soon as it is its turn. No more of them wait
/// than there are threads, unless one of these is held up.
template <typename T>
class InOrder {
 public:
  explicit InOrder(std::function<void(size_t i, T&& result)> fold) : fold_(std::move(fold)) {}

  /// Takes result i; any thread may call it.
  void Add(size_t i, T result) {
    const std::lock_guard lock(mutex_);
    early_.emplace(i, std::move(result));
    for (; early_.count(next_) != 0; ++next_) {
      fold_(next_, std::move(early_.extract(next_).mapped()));
    }
  }

 private:
  const std::function<void(size_t i, T&& result)> fold_;
  std::mutex mutex_;
  std::map<size_t, T> early_;
  size_t next_ = 0;
};

}  // namespace qconvert
