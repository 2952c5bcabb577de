#include "lib/base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace qconvert {
namespace {

using std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kBetweenDraws = std::chrono::milliseconds(100);
constexpr size_t kWidth = 30, kLeastWidth = 5;

/// Returns the columns of the terminal behind stderr; 0 when it does not say.
size_t TerminalColumns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string TimeText(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(seconds));
  if (whole < 100) return fmt::format("{} s", whole);
  const int64_t minutes = (whole + 59) / 60;
  return minutes < 100 ? fmt::format("{} min", minutes) : fmt::format("{} h", (minutes + 59) / 60);
}

}  // namespace

std::string ProgressLine(const std::string& label, size_t done, size_t total,
                         std::chrono::duration<double> elapsed, size_t columns) {
  const size_t shown = std::min(done, total);
  std::string line = fmt::format("{} {}/{}", label, done, total);
  if (shown > 0 && shown < total) {
    const double rest = static_cast<double>(total - shown) / static_cast<double>(shown);
    line += fmt::format(", {} left", TimeText(elapsed.count() * rest));
  }
  if (columns == 0) columns = 80;
  const size_t room = columns - std::min(columns, line.size() + 4);
  if (room < kLeastWidth) return line.substr(0, columns - 1);
  const size_t width = std::min(kWidth, room), filled = width * shown / total;
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  return line.insert(label.size(), " [" + bar + "]");
}

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
  const std::string line =
      ProgressLine(label_, done, total_, steady_clock::now() - start_, TerminalColumns());
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace qconvert
