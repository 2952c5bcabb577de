#include "lib/quantization/codebook.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/math/k_means.h"
#include "lib/passes/passes.h"
#include "lib/quantization/build.h"
#include "lib/quantization/plan.h"
#include "test/quantization/quantized.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

TEST_CASE("An index's entropy is that of its share", "[quantization]") {
  Codebook codebook{{-1, 0, 1, 2}, {0, 1, 2, 3}};
  CHECK(codebook.Entropy() == Approx(2));
  codebook.indices = {0, 0, 0, 0};
  CHECK(codebook.Entropy() == 0);
  codebook.indices = {1, 1, 1, 3};
  CHECK(codebook.Entropy() == Approx(-0.75 * std::log2(0.75) - 0.25 * std::log2(0.25)));
}

TEST_CASE("A codebook takes what its indices and its values take", "[quantization]") {
  CHECK(CodebookBytes(1001, 16) == 501 + 64);
  CHECK(CodebookBytes(1001, 17) == 1001 + 68);
  CHECK(CodebookBytes(10, 256) == 10 + 40);
}

/// y = x w, with weights [8, 64].
Graph Layer() {
  GraphBuilder b;
  const Tensor weights = MakeConstantTensor<float>("w", {8, 64}, RandomFloats(512, 2, -1, 1));
  b.Output(b.Emit(FullyConnected{}, {b.Input("x", {3, 64}), b.Add(weights)}, "y"));
  return b.Build();
}

BuiltGraph WithCodebook(const Graph& graph, int size) {
  PrecisionPlan precision{{WeightPrecision::kCodebook, ActivationPrecision::kFloat32}, {}};
  PlanOptions options;
  options.codebook_size = size;
  const QuantizationPlan plan = Plan(graph, {}, precision, options);
  KnownMoments evidence = NoMoments();
  return Build(graph, plan, evidence);
}

TEST_CASE("Weights that are looked up are the codebook's nearest values", "[quantization]") {
  const int size = GENERATE(2, 16, 17, 256);
  const Graph graph = Layer();
  const Tensor& weights = graph.tensor(graph.FindTensor("w"));
  const Codebook codebook = MakeCodebook(weights, size);
  BuiltGraph built = WithCodebook(graph, size);
  CHECK(built.codebooks.layers == 1);
  CHECK(built.codebooks.index_bytes == (size <= 16 ? 256 : 512));
  CHECK(built.codebooks.entropy_bytes <= 512 * std::log2(size) / 8);
  Graph& loaded = built.graph;
  ComputeWeights(loaded);  // as when a file is loaded
  REQUIRE(loaded.nodes().size() == 1);
  const std::vector<float> looked_up =
      ToVector<float>(loaded.tensor(loaded.nodes().front().input(1)));
  const auto real = weights.Values<float>();
  REQUIRE(looked_up.size() == real.size());
  for (size_t i = 0; i < real.size(); ++i) {
    CHECK(looked_up[i] == codebook.table[NearestCentre(codebook.table, real[i])]);
  }
}

TEST_CASE("Few weights keep their floats", "[quantization]") {
  const Graph graph = Layer();
  PrecisionPlan precision{{WeightPrecision::kCodebook, ActivationPrecision::kFloat32}, {}};
  PlanOptions options;
  options.codebook_size = 16;
  CHECK(Plan(graph, {}, precision, options).nodes.at("y").precision.weights ==
        WeightPrecision::kCodebook);
  GraphBuilder b;
  const Tensor weights = MakeConstantTensor<float>("w", {2, 8}, RandomFloats(16, 2, -1, 1));
  b.Output(b.Emit(FullyConnected{}, {b.Input("x", {3, 8}), b.Add(weights)}, "y"));
  const QuantizationPlan plan = Plan(b.Build(), {}, precision, options);
  CHECK(plan.nodes.at("y").precision.weights == WeightPrecision::kFloat32);
  CHECK(plan.nodes.at("y").reason == "its weights are so few that a codebook would save nothing");
}

TEST_CASE("A codebook of weights that are not finite names them", "[quantization]") {
  const Tensor weights = MakeConstantTensor<float>("w", {2}, {1, NAN});
  CHECK_THAT(ErrorOf([&] { MakeCodebook(weights, 4); }),
             IsError(ErrorKind::kUnusable, "constant 'w': "));
}

}  // namespace
}  // namespace qconvert
