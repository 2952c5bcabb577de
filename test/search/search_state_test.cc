#include "lib/search/search_state.h"

#include <functional>
#include <string>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

using Catch::Matchers::Contains;

std::string Written(const ScratchFolder& folder, const std::string& text) {
  return folder.Write("file.json", text);
}

SearchState SomeState() {
  SearchState state;
  state.run = {"model 1", "targets 2"};
  state.microseconds = {{0.1, 1.0 / 3}, {2, 3}};
  state.points[{0, 1}] = SearchPoint{{0, 1}, 1e6 / 3, 1e-9 / 7, true, 0, {0.1, 1e-300}};
  state.points[{1, 1}] = std::nullopt;
  return state;
}

/// Returns what a search of two groups and two choices says of a state after a change.
std::string ComplaintAbout(const std::function<void(SearchState&)>& change) {
  SearchState state = SomeState();
  change(state);
  return ErrorOf([&] { RequireSize("file.json", state, 2, 2); }).what();
}

}  // namespace

TEST_CASE("a state that is written is read as it was, to the bit", "[search]") {
  const ScratchFolder folder;
  const SearchState state = SomeState();
  const SearchState read = ReadSearchState(Written(folder, ToJson(state)), state.run);
  CHECK(read.microseconds == state.microseconds);
  REQUIRE(read.points.size() == 2);
  const SearchPoint &before = *state.points.at({0, 1}), &after = *read.points.at({0, 1});
  CHECK(after.cost == before.cost);
  CHECK(after.noise == before.noise);
  CHECK(after.meets == before.meets);
  CHECK(after.added_noise == before.added_noise);
  CHECK_FALSE(read.points.at({1, 1}));
}

TEST_CASE("a state of another search or of nothing is refused", "[search]") {
  const ScratchFolder folder;
  SearchState state;
  state.run = {"model 1"};
  const std::string path = Written(folder, ToJson(state));
  CHECK_THAT(ErrorOf([&] { ReadSearchState(path, {"model 2"}); }).what(),
             Contains("'model 1'") && Contains("'model 2'"));
  CHECK_THAT(ErrorOf([&] { ReadSearchState(Written(folder, "{}"), {}); }).what(),
             Contains("damaged"));
}

TEST_CASE("a state of other groups or choices is refused", "[search]") {
  const auto says = Contains("'file.json': it is damaged: this search has 2 groups and 2 choices");
  CHECK_THAT(ComplaintAbout([](SearchState& s) { s.microseconds[1].pop_back(); }), says);
  CHECK_THAT(ComplaintAbout([](SearchState& s) { s.microseconds.pop_back(); }), says);
  CHECK_THAT(ComplaintAbout([](SearchState& s) {
               s.points[{0, 1}]->added_noise.pop_back();
             }),
             says);
  CHECK_THAT(ComplaintAbout([](SearchState& s) { s.points[{0, 2}] = std::nullopt; }), says);
  CHECK_THAT(ComplaintAbout([](SearchState& s) { s.points[{0}] = std::nullopt; }), says);
}

TEST_CASE("a whole state is taken, with times or without", "[search]") {
  SearchState state = SomeState();
  RequireSize("file.json", state, 2, 2);
  state.microseconds.clear();
  RequireSize("file.json", state, 2, 2);
}

}  // namespace qconvert
