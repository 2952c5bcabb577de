#include "lib/quantization/wide_softmaxes.h"

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "lib/calibration/rounded_rows.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

using Names = std::set<std::string>;

/// An attention whose probabilities "p" a Reshape moves to the product "o".
Graph Attended() {
  GraphBuilder b;
  const TensorId p = b.Emit(Softmax{}, {b.Input("scores", {4, 2, 8})}, "p");
  const TensorId moved = b.Emit(Reshape{{1, 8, 8}}, {p}, "moved");
  return b.Output(b.Emit(BatchMatMul{}, {moved, b.Input("v", {1, 8, 3})}, "o")).Build();
}

/// Evidence that rounding takes `error` of the rows of "p" at each step from the first on.
Evidence Rows(const std::vector<double>& errors) {
  const auto keys = std::make_shared<const Evidence::Keys>(
      Evidence::Keys{{std::string(RoundedRows::kKind.name), "p"}});
  std::vector<double> sums(errors);
  sums.resize(RoundedRows::kSteps, 0);
  sums.push_back(1);
  std::vector<std::unique_ptr<Statistic>> statistics;
  statistics.push_back(std::make_unique<RoundedRows>(TreeSum(0, sums)));
  return {{0, 1}, keys, std::move(statistics)};
}

/// The nodes that stay float where "p" reaches up to `largest`.
Names Kept(const Evidence& evidence, float largest, PrecisionPlan plan = {}) {
  const Graph graph = Attended();
  Ranges ranges(static_cast<size_t>(graph.tensor_count()));
  ranges[static_cast<size_t>(graph.FindTensor("p"))] = Range{0, largest};
  KeepWideSoftmaxesFloat(graph, evidence, ranges, plan);
  Names names;
  for (const auto& [name, exception] : plan.exceptions) {
    if (exception.reason.find("probabilities") != std::string::npos) names.insert(name);
  }
  return names;
}

TEST_CASE("A softmax stays int8 while its steps hold the rows", "[quantization]") {
  CHECK(Kept(Rows({0.009}), 0.01F).empty());
  CHECK(Kept({}, 0.01F).empty());
}

TEST_CASE("A softmax of small probabilities becomes float, with a scale of its own",
          "[quantization]") {
  CHECK(Kept(Rows({0.5, 0.2, 0.02}), 255.0F / 4096) == Names{"p"});
}

TEST_CASE("So does the product, where one scale does not serve all rows", "[quantization]") {
  CHECK(Kept(Rows({0.5, 0.2, 0.02}), 1) == Names{"p", "o"});
}

TEST_CASE("A softmax whose precision is given keeps it", "[quantization]") {
  PrecisionPlan named;
  named.exceptions["p"] = {kFloatNode, "named by --exclude"};
  CHECK(Kept(Rows({0.5, 0.5, 0.5, 0.5}), 1, named).empty());
  PrecisionPlan wide;
  wide.otherwise.activations = ActivationPrecision::kInt16;
  CHECK(Kept(Rows({0.5, 0.5, 0.5, 0.5}), 1, wide).empty());
}

}  // namespace
}  // namespace qconvert
