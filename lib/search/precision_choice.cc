#include "lib/search/precision_choice.h"

#include <array>

#include "lib/quantization/node_pattern.h"

namespace qconvert {

// A scale takes 4 bytes, a zero point 8; a bias 4, or 8 beside 16-bit activations.
std::span<const PrecisionChoice> PrecisionChoices() {
  static constexpr std::array<PrecisionChoice, 7> kAll = {{
      {"int4", "4-bit weights, int8 activations", "int4", "int8", "gptq", 4, 16, true},
      {"int4-float", "4-bit weights, float arithmetic", "int4", "float32", "gptq", 4, 16, false},
      {"int8", "8-bit weights and activations", "int8", "int8", "", 8, 16, true},
      {"int8-float", "8-bit weights, float arithmetic", "int8", "float32", "", 8, 16, false},
      {"int16", "8-bit weights, int16 activations", "int8", "int16", "", 8, 20, true},
      {"float16", "float16 weights, float arithmetic", "float16", "float32", "", 16, 4, false},
      {"float32", "float weights and arithmetic", "float32", "float32", "", 32, 4, false},
  }};
  return kAll;
}

const PrecisionChoice* FindPrecisionChoice(std::string_view name) {
  for (const PrecisionChoice& choice : PrecisionChoices()) {
    if (choice.name == name) return &choice;
  }
  return nullptr;
}

double BytesOf(const LayerGroup& group, const PrecisionChoice& choice) {
  return choice.bits / 8 * static_cast<double>(group.weights) +
         static_cast<double>(choice.channel_bytes * group.channels);
}

std::vector<RecipeRow> RowsOf(const std::vector<LayerGroup>& groups,
                              const std::vector<const PrecisionChoice*>& choices,
                              const Assignment& assignment, bool own_rounding) {
  std::vector<RecipeRow> rows;
  for (size_t c = 0; c < choices.size(); ++c) {
    std::vector<std::string> names;
    for (size_t g = 0; g < groups.size(); ++g) {
      if (assignment[g] != c) continue;
      names.insert(names.end(), groups[g].nodes.begin(), groups[g].nodes.end());
    }
    if (names.empty()) continue;
    const PrecisionChoice& choice = *choices[c];
    rows.push_back({PatternOf(names), std::string(choice.weights), std::string(choice.activations),
                    own_rounding ? std::string(choice.rounding) : ""});
  }
  return rows;
}

}  // namespace qconvert
