// Recipe files as a conversion uses them: read before any work, written with the file that a search
// found.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/convert/calibration_samples.h"
#include "lib/convert/search_precision.h"
#include "lib/qconvert.h"
#include "lib/search/recipe_file.h"

namespace qconvert {

/// Puts the rows of the options' recipe into the options, with its range method where there are
/// ranges and the user names none. Returns the recipe; nothing without one.
///   Throws Error as ReadRecipe does.
std::optional<SavedRecipe> TakeRecipe(ConvertOptions& options);

/// Returns why a conversion by a recipe may give another file than the search that wrote it, one
/// sentence each.
///   calibrating  the samples that calibrate now
std::vector<std::string> DifferencesOf(const SavedRecipe& recipe, size_t count,
                                       const CalibrationSamples& calibrating);

/// Returns where the recipe of a search goes: where the user says, else beside the output.
std::string RecipePathOf(const ConvertOptions& options, const std::string& output);

/// Writes the recipe of what a search found.
///   count  samples of all parts together
void WriteRecipe(const std::string& path, const FoundPrecision& found, size_t count);

}  // namespace qconvert
