#include "lib/search/recipe_file.h"

#include <catch2/catch.hpp>

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

}  // namespace qconvert
