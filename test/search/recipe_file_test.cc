#include "lib/search/recipe_file.h"

#include <catch2/catch.hpp>

#include "lib/search/search_state.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

using Catch::Matchers::Contains;

std::string Written(const ScratchFolder& folder, const std::string& text) {
  return folder.Write("file.json", text);
}

std::string WhyRefused(const std::string& text) {
  const ScratchFolder folder;
  const Error error = ErrorOf([&] { ReadRecipe(Written(folder, text)); });
  CHECK(error.kind() == ErrorKind::kUnusable);
  return error.what();
}

}  // namespace

TEST_CASE("a recipe that is written is read as it was", "[search]") {
  const ScratchFolder folder;
  const SavedRecipe recipe{{{"^(a|b)$", "int4", "int8", "gptq", ""}, {"c", "", "int16", "", "mse"}},
                           "min-max",
                           RecipeSamples{200, "00ff"},
                           "avx2"};
  const SavedRecipe read = ReadRecipe(Written(folder, ToJson(recipe)));
  CHECK(read.rows == recipe.rows);
  CHECK(read.samples == recipe.samples);
  CHECK(read.calibration == "min-max");
  CHECK(read.instructions == "avx2");
}

TEST_CASE("a recipe by hand needs rows alone", "[search]") {
  const ScratchFolder folder;
  const SavedRecipe read =
      ReadRecipe(Written(folder, R"({"rows": [{"regex": "conv", "weights": "int4"}]})"));
  CHECK(read.rows == std::vector<RecipeRow>{{"conv", "int4"}});
  CHECK_FALSE(read.samples);
}

TEST_CASE("a recipe that is none is refused with the reason", "[search]") {
  CHECK_THAT(WhyRefused("[]"), Contains("rows"));
  CHECK_THAT(WhyRefused("{\"rows\": ["), Contains("rows"));
  CHECK_THAT(WhyRefused(R"({"rows": [], "columns": 1})"), Contains("columns"));
  CHECK_THAT(WhyRefused(R"({"rows": [1]})"), Contains("no object"));
  CHECK_THAT(WhyRefused(R"({"rows": [{"regex": 1}]})"), Contains("'regex' is no text"));
  CHECK_THAT(WhyRefused(R"({"rows": [{"wieghts": "int4"}]})"), Contains("wieghts"));
  CHECK_THAT(WhyRefused(R"({"rows": [], "samples": {"count": -1}})"), Contains("samples"));
}

TEST_CASE("a state that is written is read as it was, to the bit", "[search]") {
  const ScratchFolder folder;
  SearchState state;
  state.run = {"model 1", "targets 2"};
  state.microseconds = {{0.1, 1.0 / 3}, {2, 3}};
  state.points[{0, 1}] = SearchPoint{{0, 1}, 1e6 / 3, 1e-9 / 7, true, 0, {0.1, 1e-300}};
  state.points[{1, 1}] = std::nullopt;
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

}  // namespace qconvert
