#include "test/passes/same_results.h"

#include <algorithm>
#include <cmath>
#include <regex>

#include <catch2/catch.hpp>

#include "lib/graph/text.h"
#include "lib/passes/verify.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {

Graph RunPass(void (*pass)(Graph&), const Graph& graph, double relative) {
  Graph rewritten = graph;
  pass(rewritten);
  VerifyGraph(rewritten);
  const std::vector<Tensor> inputs = RandomInputs(graph, 1, -4, 4);
  const std::vector<Tensor> before = RunReference(graph, inputs);
  const std::vector<Tensor> after = RunReference(rewritten, inputs);
  REQUIRE(before.size() == after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    CHECK(before[i].shape == after[i].shape);
    CHECK(before[i].type == after[i].type);
    if (!before[i].is_float()) {
      CHECK(std::ranges::equal(before[i].constant->bytes, after[i].constant->bytes));
      continue;
    }
    const auto expected = ToVector<float>(before[i]);
    float largest = 0;
    for (float value : expected) largest = std::max(largest, std::abs(value));
    CHECK_THAT(ToVector<float>(after[i]), WithinError(expected, relative * largest));
  }
  return rewritten;
}

std::string NodesOf(const Graph& graph) {
  std::string text;
  const std::regex types(R"(: \w+\[\w+\])");
  for (const Node& node : graph.nodes()) {
    text += std::regex_replace(ToText(graph, node), types, "") + "\n";
  }
  return text;
}

}  // namespace qconvert
