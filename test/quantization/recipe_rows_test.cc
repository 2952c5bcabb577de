#include "lib/quantization/recipe_rows.h"

#include <iterator>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

using Catch::Matchers::Contains;

Graph TwoLayers() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 8});
  const TensorId hidden = b.Emit(FullyConnected{}, {x, b.Random("w1", {8, 8})}, "first");
  b.Output(b.Emit(FullyConnected{}, {hidden, b.Random("w2", {8, 8})}, "second"));
  return b.Build();
}

std::string NameOf(const Graph& graph, size_t place) {
  return std::next(graph.nodes().begin(), static_cast<std::ptrdiff_t>(place))->name;
}

PrecisionPlan Applied(const Graph& graph, const std::vector<RecipeRow>& rows) {
  PrecisionPlan plan{{WeightPrecision::kInt8, ActivationPrecision::kInt8}, {}};
  ApplyRows(graph, rows, plan);
  return plan;
}

}  // namespace

TEST_CASE("A row changes what it says and nothing else", "[quantization]") {
  const Graph graph = TwoLayers();
  const std::string first = NameOf(graph, 0);
  const PrecisionPlan plan = Applied(graph, {{"^" + first + "$", "int4"}});
  REQUIRE(plan.exceptions.size() == 1);
  CHECK(plan.exceptions.at(first).precision ==
        NodePrecision{WeightPrecision::kInt4, ActivationPrecision::kInt8});
}

TEST_CASE("Later rows beat earlier ones, member by member", "[quantization]") {
  const Graph graph = TwoLayers();
  const PrecisionPlan plan =
      Applied(graph, {{".", "int4", "", "gptq"}, {".", "", "int16"}, {".", "int8"}});
  CHECK(plan.exceptions.at(NameOf(graph, 1)).precision ==
        NodePrecision{WeightPrecision::kInt8, ActivationPrecision::kInt16});
  const PrecisionPlan real = Applied(graph, {{".", "float16"}});
  CHECK(real.exceptions.at(NameOf(graph, 0)).precision ==
        NodePrecision{WeightPrecision::kFloat16, ActivationPrecision::kFloat32});
  const auto roundings = RoundingsOf(graph, {{".", "", "", "gptq"}, {".", "", "", "nearest"}});
  CHECK(roundings.at(NameOf(graph, 0))->name == "nearest");
  CHECK(RangeMethodsOf(graph, {{".", "", "", "", "mse"}}).at(NameOf(graph, 0)) == "mse");
}

TEST_CASE("Nodes that are an exception stay what they are", "[quantization]") {
  const Graph graph = TwoLayers();
  PrecisionPlan plan{{WeightPrecision::kInt8, ActivationPrecision::kInt8}, {}};
  plan.exceptions[NameOf(graph, 0)] = {kFloatNode, "named by --exclude"};
  ApplyRows(graph, {{".", "int4"}}, plan);
  CHECK(plan.exceptions.at(NameOf(graph, 0)).precision == kFloatNode);
}

TEST_CASE("A row with a wrong word, a wrong expression or no node is refused", "[quantization]") {
  const auto why = [](const auto& call) {
    const Error error = ErrorOf(call);
    CHECK(error.kind() == ErrorKind::kUsage);
    return std::string(error.what());
  };
  CHECK_THAT(why([] { RequireRow({"a", "int5"}); }), Contains("int5") && Contains("float16"));
  CHECK_THAT(why([] { RequireRow({"a", "", "int4"}); }), Contains("activations"));
  CHECK_THAT(why([] { RequireRow({"a", "", "", "luck"}); }), Contains("luck"));
  CHECK_THAT(why([] { RequireRow({"a", "", "", "", "luck"}); }), Contains("luck"));
  CHECK_THAT(why([] { RequireRow({"(", "int4"}); }), Contains("--recipe"));
  CHECK_THAT(why([] { RequireRow({"", "int4"}); }), Contains("no regex"));
  const Graph graph = TwoLayers();
  CHECK_THAT(why([&] { Applied(graph, {{"third", "int4"}}); }), Contains("third"));
}

}  // namespace qconvert
