#include "lib/runner/memory_plan.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

std::vector<Lifetime> RandomLifetimes(uint64_t seed) {
  Random random(seed);
  std::vector<Lifetime> buffers(static_cast<size_t>(random.Integer(1, 60)));
  for (Lifetime& buffer : buffers) {
    buffer.first_step = static_cast<int>(random.Integer(0, 40));
    buffer.last_step = buffer.first_step + static_cast<int>(random.Integer(0, 12));
    buffer.bytes = random.Integer(0, 9) == 0 ? 0 : static_cast<size_t>(random.Integer(1, 5000));
  }
  return buffers;
}

bool LiveTogether(const Lifetime& a, const Lifetime& b) {
  for (int step = a.first_step; step <= a.last_step; ++step) {
    if (step >= b.first_step && step <= b.last_step) return true;
  }
  return false;
}

/// Returns the most bytes that are alive in one step: no plan can do with less.
size_t PeakBytes(const std::vector<Lifetime>& buffers) {
  size_t peak = 0;
  for (int step = 0; step < 64; ++step) {
    size_t bytes = 0;
    for (const Lifetime& b : buffers) {
      if (b.first_step <= step && step <= b.last_step) bytes += b.bytes;
    }
    peak = std::max(peak, bytes);
  }
  return peak;
}

TEST_CASE("No two buffers that live at the same time share a byte", "[runner]") {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const std::vector<Lifetime> buffers = RandomLifetimes(seed);
    const MemoryPlan plan = PlanMemory(buffers);
    INFO("seed " << seed);
    REQUIRE(plan.offsets.size() == buffers.size());
    for (size_t i = 0; i < buffers.size(); ++i) {
      REQUIRE(plan.offsets[i] % 64 == 0);
      REQUIRE(plan.offsets[i] + buffers[i].bytes <= plan.arena_bytes);
      for (size_t j = 0; j < i; ++j) {
        if (!LiveTogether(buffers[i], buffers[j])) continue;
        const bool apart = plan.offsets[i] + buffers[i].bytes <= plan.offsets[j] ||
                           plan.offsets[j] + buffers[j].bytes <= plan.offsets[i];
        REQUIRE(apart);
      }
    }
  }
}

TEST_CASE("The arena is near the peak of what lives at the same time", "[runner]") {
  size_t arenas = 0, peaks = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const std::vector<Lifetime> buffers = RandomLifetimes(seed);
    const size_t arena = PlanMemory(buffers).arena_bytes, peak = PeakBytes(buffers);
    REQUIRE(arena >= peak);
    arenas += arena;
    peaks += peak;
  }
  // Placing by size is known to stay within a quarter of the peak on average; no sharing at all
  // would need three times the peak.
  CHECK(static_cast<double>(arenas) < 1.25 * static_cast<double>(peaks));
}

TEST_CASE("A chain of equal tensors needs the memory of two", "[runner]") {
  std::vector<Lifetime> chain;
  for (int step = 0; step < 20; ++step) chain.push_back({1024, step, step + 1});
  CHECK(PlanMemory(chain).arena_bytes == 2048);
}

TEST_CASE("Nothing to place needs no memory", "[runner]") {
  CHECK(PlanMemory({}).arena_bytes == 0);
  const Lifetime empty{0, 0, 3};
  CHECK(PlanMemory({&empty, 1}).arena_bytes == 0);
}

}  // namespace
}  // namespace qconvert
