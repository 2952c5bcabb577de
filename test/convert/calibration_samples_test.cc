#include "lib/convert/calibration_samples.h"

#include <set>

#include <catch2/catch.hpp>

#include "test/samples/array_files.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

/// Opens `count` samples of one value each.
CalibrationSamples Samples(const ScratchFolder& folder, size_t count) {
  const std::string path = folder.Write(
      "x.npy", FloatNpy("(" + std::to_string(count) + ", 1, 1)", RandomFloats(count, 1)));
  return {OpenSamples({path}, {{"x", {1, 1}}}, {}, 0), "x", "", 0, {}};
}

TEST_CASE("A third is held out, spread evenly, and no sample is lost", "[convert]") {
  const ScratchFolder folder;
  const CalibrationSamples samples = Samples(folder, 60), held = HoldOut(samples);
  CHECK(held.held_out == 20);
  CHECK(held.calibrating() == 40);
  std::set<size_t> places;
  for (size_t i = 0; i < held.set->size(); ++i) places.insert(held.set->place(i));
  CHECK(places.size() == 60);
  for (size_t i = 0; i < 20; ++i) {
    const size_t place = held.set->place(40 + i);
    CHECK(place / 3 == i);  // one of every three
    CHECK(held.set->Read(40 + i) == samples.set->Read(place));
    CHECK(held.set->name(40 + i) == samples.set->name(place));
  }
}

TEST_CASE("At most 128 samples are held out, and none of a few", "[convert]") {
  const ScratchFolder folder;
  CHECK(HoldOut(Samples(folder, 15)).held_out == 0);
  CHECK(HoldOut(Samples(folder, 16)).held_out == 8);
  CHECK(HoldOut(Samples(folder, 1000)).held_out == 128);
}

}  // namespace
}  // namespace qconvert
