// Recipes as JSON files: rows that a search found or a person wrote, and of a search what the file
// depends on besides. convert/ reads and writes them; recipe_rows.h applies the rows.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/quantization/recipe_row.h"

namespace qconvert {

/// The samples of a search, which a conversion by its recipe must see again.
struct RecipeSamples {
  size_t count = 0;  ///< of all parts together
  std::string hash;  ///< of those that calibrate, in hexadecimal

  friend bool operator==(const RecipeSamples&, const RecipeSamples&) = default;
};

/// What a recipe file holds.
struct SavedRecipe {
  std::vector<RecipeRow> rows;
  std::string calibration = {};  ///< the range method of other tensors; empty: the options'
  std::optional<RecipeSamples> samples = {};  ///< unset: a person wrote the rows
  std::string instructions = {};              ///< of the processor; empty: unknown
};

/// Returns the text of a recipe file; docs/schemas/recipe.json describes it.
std::string ToJson(const SavedRecipe& recipe);

/// Reads a recipe file.
///   Throws Error(kIo) or Error(kUnusable), naming the file and the member that is wrong.
SavedRecipe ReadRecipe(const std::string& path);

}  // namespace qconvert
