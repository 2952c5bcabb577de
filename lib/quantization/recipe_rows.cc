#include "lib/quantization/recipe_rows.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/error.h"
#include "lib/calibration/range_method.h"
#include "lib/quantization/node_pattern.h"

namespace qconvert {
namespace {

template <typename Value>
using Word = std::pair<std::string_view, Value>;

constexpr std::array<Word<WeightPrecision>, 4> kWeights{{{"int4", WeightPrecision::kInt4},
                                                         {"int8", WeightPrecision::kInt8},
                                                         {"float16", WeightPrecision::kFloat16},
                                                         {"float32", WeightPrecision::kFloat32}}};
constexpr std::array<Word<ActivationPrecision>, 3> kActivations{
    {{"int8", ActivationPrecision::kInt8},
     {"int16", ActivationPrecision::kInt16},
     {"float32", ActivationPrecision::kFloat32}}};

/// Returns what a word of a row means; nothing where it is empty.
template <typename Words>
auto Meaning(const RecipeRow& row, std::string_view member, const std::string& word,
             const Words& words) -> std::optional<typename Words::value_type::second_type> {
  if (word.empty()) return std::nullopt;
  std::vector<std::string_view> names;
  for (const auto& [name, value] : words) {
    if (name == word) return value;
    names.push_back(name);
  }
  Fail(ErrorKind::kUsage, fmt::format("the recipe's row '{}': there are no {} '{}'; there are {}",
                                      row.regex, member, word, fmt::join(names, ", ")));
}

/// Changes a precision to what a row says.
void Change(const RecipeRow& row, NodePrecision& precision) {
  const auto weights = Meaning(row, "weights", row.weights, kWeights);
  const auto activations = Meaning(row, "activations", row.activations, kActivations);
  if (weights && !AreInteger(*weights)) precision.activations = ActivationPrecision::kFloat32;
  precision.weights = weights.value_or(precision.weights);
  precision.activations = activations.value_or(precision.activations);
}

/// Calls use(node, row) for each node that a row names, row by row.
///   Throws Error(kUsage) when a row names none.
template <typename Use>
void ForEachNamed(const Graph& graph, const std::vector<RecipeRow>& rows, const Use& use) {
  for (const RecipeRow& row : rows) {
    const NodePattern named("--recipe", row.regex);
    bool any = false;
    for (const Node& node : graph.nodes()) {
      if (!named.Names(node)) continue;
      any = true;
      use(node, row);
    }
    if (any) continue;
    Fail(ErrorKind::kUsage,
         fmt::format("the recipe's row '{}' names no node that is left to compute", row.regex));
  }
}

}  // namespace

void RequireRow(const RecipeRow& row) {
  if (row.regex.empty()) Fail(ErrorKind::kUsage, "a row of the recipe has no regex");
  const NodePattern is_an_expression("--recipe", row.regex);
  Meaning(row, "weights", row.weights, kWeights);
  Meaning(row, "activations", row.activations, kActivations);
  if (!row.rounding.empty() && FindRoundingMethod(row.rounding) == nullptr) {
    Fail(ErrorKind::kUsage,
         fmt::format("the recipe's row '{}': there is no rounding '{}'", row.regex, row.rounding));
  }
  if (!row.rounding.empty() && FindRoundingMethod(row.rounding)->in_blocks) {
    Fail(ErrorKind::kUsage, fmt::format("the recipe's row '{}': --rounding {} is of all layers",
                                        row.regex, row.rounding));
  }
  if (!row.calibration.empty()) RangeMethodNamed(row.calibration);
}

void ApplyRows(const Graph& graph, const std::vector<RecipeRow>& rows, PrecisionPlan& plan) {
  std::map<std::string, NodePrecision> asked;
  ForEachNamed(graph, rows, [&](const Node& node, const RecipeRow& row) {
    Change(row, asked.try_emplace(node.name, plan.otherwise).first->second);
  });
  for (const auto& [name, precision] : asked) {
    plan.exceptions.try_emplace(name, PrecisionPlan::Exception{precision, "by the recipe"});
  }
}

std::map<std::string, const RoundingMethod*> RoundingsOf(const Graph& graph,
                                                         const std::vector<RecipeRow>& rows) {
  std::map<std::string, const RoundingMethod*> methods;
  ForEachNamed(graph, rows, [&](const Node& node, const RecipeRow& row) {
    if (!row.rounding.empty()) methods[node.name] = FindRoundingMethod(row.rounding);
  });
  return methods;
}

std::map<std::string, std::string> RangeMethodsOf(const Graph& graph,
                                                  const std::vector<RecipeRow>& rows) {
  std::map<std::string, std::string> methods;
  ForEachNamed(graph, rows, [&](const Node& node, const RecipeRow& row) {
    if (!row.calibration.empty()) methods[node.name] = row.calibration;
  });
  return methods;
}

}  // namespace qconvert
