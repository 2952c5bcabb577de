// ONNX operators that the importer composes of others: what the table of operators says of them.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/onnx/import.h"
#include "lib/ops/op.h"
#include "test/onnx/model_builder.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

/// A use of an operator on x [1,4,5,6].
struct Use {
  std::string op_type;
  std::vector<int64_t> constants;  // lengths of its further operands
  std::string attribute;           // an integer, or empty
  int64_t value = 0;
};

const std::vector<Use> kUses = {{"LayerNormalization", {6, 6}, "axis", -1},
                                {"InstanceNormalization", {4, 4}, ""},
                                {"GroupNormalization", {4, 4}, "num_groups", 2},
                                {"RMSNormalization", {6}, "axis", -1},
                                {"SimplifiedLayerNormalization", {6}, "axis", -1},
                                {"MeanVarianceNormalization", {}, ""},
                                {"LpNormalization", {}, "p", 1},
                                {"LpNormalization", {}, "p", 2},
                                {"Trilu", {}, ""},
                                {"Hardmax", {}, ""},
                                {"Tan", {}, ""},
                                {"Atan", {}, ""},
                                {"Asin", {}, ""},
                                {"Acos", {}, ""},
                                {"Sinh", {}, ""},
                                {"Cosh", {}, ""},
                                {"Asinh", {}, ""},
                                {"Acosh", {}, ""},
                                {"Atanh", {}, ""},
                                {"IsNaN", {}, ""},
                                {"Shrink", {}, ""},
                                {"ThresholdedRelu", {}, ""}};

std::set<std::string> KindsOf(const Use& use) {
  ModelBuilder model;
  model.proto.mutable_opset_import(0)->set_version(23);
  model.Input("x", {"1", "4", "5", "6"});
  std::vector<std::string> operands = {"x"};
  for (int64_t length : use.constants) {
    operands.push_back(fmt::format("c{}", operands.size()));
    model.Weights(operands.back(), {length}, std::vector<float>(static_cast<size_t>(length), 0.5F));
  }
  onnx::NodeProto& node = model.Node(use.op_type, operands, {"y"});
  if (!use.attribute.empty()) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(use.attribute);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(use.value);
  }
  model.Output("y");
  const ScratchFolder folder;
  const Graph graph = ImportOnnx(folder.Write("model.onnx", model.Bytes()), {});
  std::set<std::string> kinds;
  for (const Node& composed : graph.nodes()) kinds.insert(std::string(composed.kind()));
  return kinds;
}

/// Returns the names behind "composed of"; none for what becomes a constant or is left out.
std::set<std::string> Parts(std::string_view becomes) {
  constexpr std::string_view kPrefix = "composed of ";
  std::set<std::string> parts;
  if (!becomes.starts_with(kPrefix)) return parts;
  becomes.remove_prefix(kPrefix.size());
  while (!becomes.empty()) {
    const size_t comma = std::min(becomes.find(", "), becomes.size());
    parts.insert(std::string(becomes.substr(0, comma)));
    becomes.remove_prefix(std::min(comma + 2, becomes.size()));
  }
  return parts;
}

TEST_CASE("Operators are composed of what the table says", "[onnx]") {
  for (const OnnxSpelling& spelling : OnnxOnlySpellings()) {
    std::set<std::string> made;
    for (const Use& use : kUses) {
      if (use.op_type == spelling.name) made.merge(KindsOf(use));
    }
    INFO(spelling.name << " is made of " << fmt::format("{}", fmt::join(made, ", ")));
    CHECK(!spelling.becomes.empty());
    CHECK(made == Parts(spelling.becomes));
  }
}

}  // namespace
}  // namespace qconvert
