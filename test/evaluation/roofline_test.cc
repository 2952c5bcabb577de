// The machine's roof: what is measured is in order, and roofs follow from it.
#include "lib/evaluation/roofline.h"

#include <cstdint>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/evaluation/caches.h"
#include "lib/kernels/instructions.h"
#include "lib/kernels/peak_loops.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

constexpr size_t kUnbounded = std::numeric_limits<size_t>::max();

/// As measured on a loaded machine, where L3 was slower than memory.
MachinePeaks Peaks() {
  return {
      "",
      400,
      100,
      {{"L1", 1000, 200}, {"L2", 10'000, 100}, {"L3", 100'000, 10}, {"memory", kUnbounded, 20}}};
}

double RoofGops(const Work& work) {
  return 2.0 * static_cast<double>(work.multiply_adds) / (RoofOf(Peaks(), work).us * 1e3);
}

TEST_CASE("A roof is the peak where products take longer than reading", "[evaluation]") {
  const Roof integer = RoofOf(Peaks(), {true, 1'000'000, 900});
  CHECK(integer.us == Approx(2e6 / 400e3));
  CHECK(integer.bound == "int8");
  const Roof real = RoofOf(Peaks(), {false, 1'000'000, 900});
  CHECK(real.us == Approx(2e6 / 100e3));
  CHECK(real.bound == "float32");
}

TEST_CASE("A roof is the fastest read that may be where reading takes longer", "[evaluation]") {
  CHECK(RoofOf(Peaks(), {true, 1, 1000}).bound == "L1");
  CHECK(RoofOf(Peaks(), {true, 1, 1001}).bound == "L2");
  CHECK(RoofOf(Peaks(), {true, 0, 10'000}).us == Approx(0.1));
  CHECK(RoofOf(Peaks(), {true, 1, 10'001}).bound == "memory");
  CHECK(RoofOf(Peaks(), {true, 1, 1'000'000}).us == Approx(50));
}

TEST_CASE("No work has no roof", "[evaluation]") {
  CHECK(RoofOf(Peaks(), {}).us == 0);
  CHECK(RoofOf(Peaks(), {}).bound.empty());
}

TEST_CASE("No roof is above the peak, and more bytes raise none", "[evaluation]") {
  for (const bool integer : {true, false}) {
    for (const int64_t multiply_adds : {1, 1000, 1'000'000}) {
      double before = std::numeric_limits<double>::infinity();
      for (int64_t bytes = 0; bytes < 2'000'000; bytes += 1 + bytes / 7) {
        const Work work = {integer, multiply_adds, bytes};
        const double roof = RoofGops(work);
        CHECK(roof <= Approx(integer ? 400 : 100));
        CHECK(roof <= before);
        CHECK(ProductsMicroseconds(Peaks(), work) <= RoofOf(Peaks(), work).us);
        before = roof;
      }
    }
  }
}

TEST_CASE("Every peak is measured, and memory is the last level", "[evaluation]") {
  ThreadPool threads(2);
  const MachinePeaks peaks = MeasurePeaks(threads);
  CHECK_FALSE(peaks.int8_instruction.empty());
  CHECK(peaks.int8_gops > 0);
  CHECK(peaks.float32_gops > 0);
  REQUIRE(peaks.levels.size() == DataCaches().size() + 1);
  size_t before = 0;
  for (const MemoryLevel& level : peaks.levels) {
    CHECK(level.gigabytes_per_s > 0);
    CHECK(level.bytes > before);
    before = level.bytes;
  }
  CHECK(peaks.levels.back().bytes == kUnbounded);
}

TEST_CASE("Loops count what they multiply, by what may be used here", "[evaluation]") {
  RestrictInstructions();
  constexpr int64_t kTurns = 600;
  const std::string instruction = Int8Instruction();
  CAPTURE(instruction);
  CHECK(HasExactInt8Dot() == (instruction.rfind("pmaddwd", 0) != 0));
  CHECK(MultiplyAddInt8(2 * kTurns) == 2 * MultiplyAddInt8(kTurns));
  CHECK(MultiplyAddFloat(2 * kTurns) == 2 * MultiplyAddFloat(kTurns));
  // 8-bit products by VNNI are four to a lane of 32 bits, 16-bit products are two.
  const int64_t to_a_lane = MultiplyAddInt8(kTurns) / MultiplyAddFloat(kTurns);
  if (instruction.rfind("vpdpbusd", 0) == 0) CHECK(to_a_lane == 4);
  if (instruction.rfind("pmaddwd", 0) == 0) CHECK(to_a_lane == 2);
}

TEST_CASE("Caches are read as the kernel tells them, without that of instructions",
          "[evaluation]") {
  const ScratchFolder folder;
  const auto write = [&](const std::string& index, const std::string& level,
                         const std::string& type, const std::string& size) {
    folder.Write(index + "/level", level + "\n");
    folder.Write(index + "/type", type + "\n");
    folder.Write(index + "/size", size + "\n");
  };
  write("index0", "1", "Data", "48K");
  write("index1", "1", "Instruction", "64K");
  write("index2", "2", "Unified", "2M");
  const std::vector<Cache> caches = DataCaches(folder.path());
  REQUIRE(caches.size() == 2);
  CHECK(caches[0].level == 1);
  CHECK(caches[0].bytes == 48 << 10);
  CHECK(caches[1].level == 2);
  CHECK(caches[1].bytes == 2 << 20);
}

TEST_CASE("A kernel that tells no caches has common ones", "[evaluation]") {
  const ScratchFolder folder;
  CHECK(DataCaches(folder.path()).size() == 3);
  folder.Write("index0/level", "1\n");
  folder.Write("index0/size", "strange\n");
  CHECK(DataCaches(folder.path()).size() == 3);
}

}  // namespace
}  // namespace qconvert
