#include "lib/tuning/training_state.h"

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

const std::vector<std::string> kRun{"model 12", "--epochs 3"};

TrainingState SomeState() {
  TrainingState state;
  state.step = 7;
  state.losses = 1.5;
  state.curve = {{3, 0.75, {100, true, 91, 19.5}}, {5, 0.5, {100, true, 93, 20.5}}};
  state.parameters = RandomFloats(10, 1);
  state.moments = RandomFloats(20, 2);
  state.best = RandomFloats(10, 3);
  state.best_score = {100, true, 93, 20.5};
  return state;
}

TEST_CASE("A state is read as it was written", "[tuning]") {
  const TrainingState state = SomeState();
  const TrainingState read = ReadState(StateBytes(state, kRun), kRun, state);
  CHECK(StateBytes(read, kRun) == StateBytes(state, kRun));
  CHECK(read.step == 7);
  CHECK(read.best_score.right == 93);
}

TEST_CASE("A state of another run is refused with the first difference", "[tuning]") {
  const TrainingState state = SomeState();
  const auto bytes = StateBytes(state, kRun);
  const std::vector<std::string> other{"model 12", "--epochs 4"};
  CHECK_THAT(ErrorOf([&] { ReadState(bytes, other, state); }),
             IsError(ErrorKind::kUnusable, "it says '--epochs 3', this run '--epochs 4'"));
}

TEST_CASE("A state of a network with other parameters is refused", "[tuning]") {
  TrainingState other = SomeState();
  other.parameters.resize(9);
  CHECK_THAT(ErrorOf([&] { ReadState(StateBytes(SomeState(), kRun), kRun, other); }),
             IsError(ErrorKind::kUnusable, "a network with other parameters"));
}

TEST_CASE("A damaged state is refused", "[tuning]") {
  const TrainingState state = SomeState();
  const auto bytes = StateBytes(state, kRun);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto read = [&](std::span<const std::byte> damaged) { ReadState(damaged, kRun, state); };
  RequireSurvivesTruncation(text, read, 3);
  RequireSurvivesFlips(text, read, 200);
  CHECK_THAT(ErrorOf([&] { read(std::span(bytes).first(bytes.size() / 2)); }),
             IsError(ErrorKind::kUnusable, "it is damaged, or no state of qtune"));
}

TEST_CASE("More right samples are better; without labels SQNR decides between equals", "[tuning]") {
  CHECK((ValidationScore{100, true, 91, 10}.IsBetterThan({100, true, 90, 20})));
  CHECK_FALSE((ValidationScore{100, true, 90, 20}.IsBetterThan({100, true, 90, 10})));
  CHECK((ValidationScore{100, false, 90, 20}.IsBetterThan({100, false, 90, 10})));
}

}  // namespace
}  // namespace qconvert
