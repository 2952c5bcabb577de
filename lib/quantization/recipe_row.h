// What a recipe asks of some nodes, as a value: standard headers only, for it is part of the public
// API. recipe_rows.h applies it.
#pragma once

#include <string>

namespace qconvert {

/// What is asked of the nodes that a regular expression names. An empty member leaves what the
/// other options say, but float weights make the arithmetic float.
struct RecipeRow {
  std::string regex;             ///< as --exclude takes it
  std::string weights = {};      ///< "int4", "int8", "float16" or "float32"
  std::string activations = {};  ///< "int8", "int16" or "float32"
  std::string rounding = {};     ///< of the weights, as --rounding takes it
  std::string calibration = {};  ///< of the ranges of the results, as --calibration takes it

  friend bool operator==(const RecipeRow&, const RecipeRow&) = default;
};

}  // namespace qconvert
