#include "lib/evaluation/roofline.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <span>

#include "lib/base/alignment.h"
#include "lib/evaluation/caches.h"
#include "lib/kernels/instructions.h"
#include "lib/kernels/peak_loops.h"

namespace qconvert {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 16;
constexpr int64_t kTurns = 1 << 18;               // of 12 cycles: a millisecond
constexpr size_t kRoundBytes = size_t{64} << 20;  // a thread reads at least so much in a round
constexpr size_t kLeastMemoryBytes = size_t{128} << 20, kMostMemoryBytes = size_t{512} << 20;

double LeastSeconds(const std::function<void()>& round) {
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kRounds; ++i) {
    const Clock::time_point start = Clock::now();
    round();
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

double Gops(int64_t (*multiply_add)(int64_t turns), ThreadPool& threads) {
  std::vector<int64_t> done(static_cast<size_t>(threads.threads()));
  const double seconds = LeastSeconds([&] {
    threads.RunShares(threads.threads(), [&](int share, int) {
      done[static_cast<size_t>(share)] = multiply_add(kTurns);
    });
  });
  return 2.0 * static_cast<double>(done.front()) * threads.threads() / (seconds * 1e9);
}

struct alignas(kCacheLine) Line {
  std::byte bytes[kCacheLine];
};

/// Each thread reads a part of its own, again and again.
double ReadGigabytesPerSecond(size_t bytes, ThreadPool& threads) {
  constexpr size_t kBlockLines = kReadBlock / kCacheLine;
  const auto parts = static_cast<size_t>(threads.threads());
  const size_t part_lines = CeilDiv(bytes, kReadBlock * parts) * kBlockLines;
  const std::vector<Line> lines(part_lines * parts, Line{{std::byte{1}}});
  const size_t repeats = CeilDiv(kRoundBytes, part_lines * kCacheLine);
  const double seconds = LeastSeconds([&] {
    threads.RunShares(threads.threads(), [&](int share, int) {
      const auto own =
          std::span(lines).subspan(static_cast<size_t>(share) * part_lines, part_lines);
      for (size_t i = 0; i < repeats; ++i) ReadBlocks(std::as_bytes(own));
    });
  });
  return static_cast<double>(repeats * lines.size() * kCacheLine) / (seconds * 1e9);
}

/// A cache is read by half its size, memory by four times what all caches hold.
std::vector<MemoryLevel> MeasureLevels(ThreadPool& threads) {
  constexpr int kLastLevelOfCore = 2;
  std::vector<MemoryLevel> levels;
  size_t held = 0;
  for (const Cache& cache : DataCaches()) {
    const int caches = cache.level > kLastLevelOfCore ? 1 : threads.threads();
    const size_t bytes = cache.bytes * static_cast<size_t>(caches);
    held += bytes;
    levels.push_back({"L" + std::to_string(cache.level), bytes,
                      ReadGigabytesPerSecond(std::min(bytes / 2, kMostMemoryBytes), threads)});
  }
  const size_t memory = std::clamp(4 * held, kLeastMemoryBytes, kMostMemoryBytes);
  levels.push_back(
      {"memory", std::numeric_limits<size_t>::max(), ReadGigabytesPerSecond(memory, threads)});
  return levels;
}

const MemoryLevel& FastestThatHolds(const std::vector<MemoryLevel>& levels, size_t bytes) {
  const auto slower = [&](const MemoryLevel& a, const MemoryLevel& b) {
    const auto speed = [&](const MemoryLevel& level) {
      return level.bytes < bytes ? 0 : level.gigabytes_per_s;
    };
    return speed(a) < speed(b);
  };
  return *std::max_element(levels.begin(), levels.end(), slower);
}

}  // namespace

MachinePeaks MeasurePeaks(ThreadPool& threads) {
  RestrictInstructions();
  return {Int8Instruction(), Gops(MultiplyAddInt8, threads), Gops(MultiplyAddFloat, threads),
          MeasureLevels(threads)};
}

double ProductsMicroseconds(const MachinePeaks& peaks, const Work& work) {
  const double gops = work.integer ? peaks.int8_gops : peaks.float32_gops;
  return 2.0 * static_cast<double>(work.multiply_adds) / (gops * 1e3);
}

Roof RoofOf(const MachinePeaks& peaks, const Work& work) {
  const auto bytes = static_cast<size_t>(work.moved_bytes);
  const MemoryLevel& level = FastestThatHolds(peaks.levels, bytes);
  const double moving_us = static_cast<double>(bytes) / (level.gigabytes_per_s * 1e3);
  const double products_us = ProductsMicroseconds(peaks, work);
  if (moving_us == 0 && products_us == 0) return {};
  if (moving_us > products_us) return {moving_us, level.name};
  return {products_us, work.integer ? "int8" : "float32"};
}

}  // namespace qconvert
