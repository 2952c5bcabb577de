// The rows of a recipe -> what is asked of each node. Before it: the float graph, and what the
// options ask of all nodes. After it: plan.h, build.h, and for ranges the calibration.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/quantization/precision_plan.h"
#include "lib/quantization/recipe_row.h"
#include "lib/quantization/rounding.h"

namespace qconvert {

/// Requires that a row's words are those that there are.
///   Throws Error(kUsage), naming the row and the words.
void RequireRow(const RecipeRow& row);

/// Gives the nodes that rows name the precision that these ask for. Where several rows name a node,
/// what later ones say counts. Nodes that are an exception already stay what they are.
///   rows  that RequireRow has passed
///   Throws Error(kUsage) when a row names no node.
void ApplyRows(const Graph& graph, const std::vector<RecipeRow>& rows, PrecisionPlan& plan);

/// Returns the rounding methods that rows ask for, by the name of the node.
std::map<std::string, const RoundingMethod*> RoundingsOf(const Graph& graph,
                                                         const std::vector<RecipeRow>& rows);

/// Returns the range methods that rows ask for, by the name of the node that computes the tensor.
std::map<std::string, std::string> RangeMethodsOf(const Graph& graph,
                                                  const std::vector<RecipeRow>& rows);

}  // namespace qconvert
