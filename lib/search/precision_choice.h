// The precisions that a search chooses among, as rows of a recipe. search_problem.h numbers them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/quantization/recipe_row.h"
#include "lib/search/layer_groups.h"

namespace qconvert {

/// One precision of a group.
struct PrecisionChoice {
  std::string_view name;                            ///< as --precisions takes it
  std::string_view help;                            ///< half a sentence
  std::string_view weights, activations, rounding;  ///< as in RecipeRow; empty: the options'
  double bits = 0;                                  ///< of a weight
  size_t channel_bytes = 0;  ///< stored for each channel: scale, zero point, bias
  bool integer = true;       ///< its activations are integers
};

/// Returns all choices, the cheapest first.
std::span<const PrecisionChoice> PrecisionChoices();

/// Returns the choice of that name; null when there is none.
const PrecisionChoice* FindPrecisionChoice(std::string_view name);

/// Returns about how many bytes of a file a group takes with a choice.
double BytesOf(const LayerGroup& group, const PrecisionChoice& choice);

/// Returns the rows that give each group its choice, one for each choice that some group has.
///   assignment    places in `choices`, one a group
///   own_rounding  few bits are rounded as the choice says, else as the options do
std::vector<RecipeRow> RowsOf(const std::vector<LayerGroup>& groups,
                              const std::vector<const PrecisionChoice*>& choices,
                              const Assignment& assignment, bool own_rounding);

}  // namespace qconvert
