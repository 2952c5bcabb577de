#include "lib/convert/recipes.h"

#include <filesystem>

#include <spdlog/fmt/fmt.h>

#include "lib/base/output_file.h"
#include "lib/kernels/instructions.h"

namespace qconvert {

std::optional<SavedRecipe> TakeRecipe(ConvertOptions& options) {
  if (options.recipe.empty()) return std::nullopt;
  SavedRecipe recipe = ReadRecipe(options.recipe);
  options.rows.insert(options.rows.end(), recipe.rows.begin(), recipe.rows.end());
  const bool has_ranges = options.mode == ConvertOptions::Mode::kInteger && options.bits != 16;
  if (has_ranges && !options.calibration && !recipe.calibration.empty()) {
    options.calibration = recipe.calibration;
  }
  if (recipe.samples) options.split_samples = true;
  return recipe;
}

std::vector<std::string> DifferencesOf(const SavedRecipe& recipe, size_t count,
                                       const CalibrationSamples& calibrating) {
  std::vector<std::string> differences;
  const auto differ = [&](const std::string& what, const std::string& then,
                          const std::string& now) {
    if (then == now) return;
    differences.push_back(fmt::format(
        "the recipe was found {} {}, and now it is {}: the file may differ", what, then, now));
  };
  if (recipe.samples) {
    differ("on so many samples:", std::to_string(recipe.samples->count), std::to_string(count));
    differ("on samples with the hash", recipe.samples->hash, HashOf(calibrating));
  }
  if (!recipe.instructions.empty()) {
    differ("with the instructions", recipe.instructions, InstructionsName());
  }
  return differences;
}

std::string RecipePathOf(const ConvertOptions& options, const std::string& output) {
  if (!options.save_recipe.empty()) return options.save_recipe;
  const std::string base = output == "-" ? options.model : output;
  const std::filesystem::path folder =
      output == "-" ? std::filesystem::path() : std::filesystem::path(output).parent_path();
  return (folder / (std::filesystem::path(base).stem().string() + ".recipe.json")).string();
}

void WriteRecipe(const std::string& path, const FoundPrecision& found, size_t count) {
  WriteFile(path, ToJson({found.rows, found.calibration, RecipeSamples{count, found.hash},
                          InstructionsName()}));
}

}  // namespace qconvert
