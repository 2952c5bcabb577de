// A progress bar on stderr, for people: only on a terminal, only for work of more than a second.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace qconvert {

/// Returns what a bar shows: the label, how much is done, and how long the rest takes at the same
/// speed.
///   columns  of the terminal, which the line does not fill; 0: unknown
std::string ProgressLine(const std::string& label, size_t done, size_t total,
                         std::chrono::duration<double> elapsed, size_t columns);

/// Shows how far some work is. Any thread may advance it; it erases itself at the end.
class Progress {
 public:
  /// `total` steps make the work; `quiet` never draws.
  Progress(std::string label, size_t total, bool quiet);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void Advance();

 private:
  void Draw(size_t done);

  const std::string label_;
  const size_t total_;
  const bool visible_;
  const std::chrono::steady_clock::time_point start_;
  std::atomic<size_t> done_{0};
  std::mutex mutex_;
  std::chrono::steady_clock::time_point last_drawn_;
  bool drawn_ = false;
};

}  // namespace qconvert
