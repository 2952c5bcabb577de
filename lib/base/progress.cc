#include "lib/base/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace qconvert {
namespace {

using std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kBetweenDraws = std::chrono::milliseconds(100);
constexpr size_t kWidth = 30;

}  // namespace

Progress::Progress(std::string label, size_t total, bool quiet)
    : label_(std::move(label)),
      total_(std::max<size_t>(total, 1)),
      visible_(!quiet && isatty(STDERR_FILENO) != 0),
      start_(steady_clock::now()),
      last_drawn_(start_) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::Advance() {
  const size_t done = ++done_;
  if (!visible_) return;
  const std::lock_guard lock(mutex_);
  const auto now = steady_clock::now();
  if (now - start_ < kPatience || now - last_drawn_ < kBetweenDraws) return;
  last_drawn_ = now;
  Draw(done);
}

void Progress::Draw(size_t done) {
  const size_t filled = kWidth * std::min(done, total_) / total_;
  const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  std::fprintf(stderr, "\r%s [%s] %zu/%zu", label_.c_str(), bar.c_str(), done, total_);
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace qconvert
