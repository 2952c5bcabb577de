#include <limits>

#include <catch2/catch.hpp>

#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLowest = std::numeric_limits<float>::lowest();

/// Probabilities of x [2,3] plus a mask [2,3], 0 where they are NaN.
struct SafeSoftmax {
  SafeSoftmax() {
    const TensorId sum = b.Emit(Add{}, {b.Input("x", {2, 3}), b.Input("mask", {2, 3})});
    p = b.Emit(Softmax{}, {sum}, "p");
    check = b.Emit(NotEqual{}, {p, p}, "check");
    chosen = b.Emit(Select{}, {check, b.Scalar(0), p}, "y");
  }

  GraphBuilder b;
  TensorId p, check, chosen;
};

std::vector<float> Run(const Graph& graph, std::vector<float> mask) {
  const Tensor x = MakeConstantTensor<float>("x", {2, 3}, {1, 1, 9, 2, 2, -9});
  return RunFloat(graph, {x, MakeConstantTensor("mask", {2, 3}, std::move(mask))});
}

TEST_CASE("Rows that are masked are found by their scores", "[passes]") {
  SafeSoftmax f;
  f.b.Output(f.chosen);
  Graph graph = f.b.Build();
  FindMaskedRows(graph);
  CHECK(Count<NotEqual>(graph) == 0);
  CHECK(Run(graph, std::vector<float>(6, 0)) == Run(f.b.Build(), std::vector<float>(6, 0)));
  const float masked = GENERATE(-kInfinity, kLowest, kInfinity);
  CHECK(Run(graph, {0, 0, -kInfinity, masked, masked, masked}) ==
        std::vector<float>{0.5F, 0.5F, 0, 0, 0, 0});
}

TEST_CASE("A check whose result does more than choose stays", "[passes]") {
  SafeSoftmax f;
  f.b.Output(f.chosen);
  SECTION("it is an output") { f.b.Output(f.check); }
  SECTION("it is counted") { f.b.Output(f.b.Emit(Cast{ElementType::kFloat32}, {f.check})); }
  CHECK(Count<NotEqual>(RunPass(FindMaskedRows, f.b.Build())) == 1);
}

/// Scores are a product, as those of attention.
Graph MaskedProduct(bool mask_is_input, float masked) {
  GraphBuilder b;
  const TensorId product = b.Emit(BatchMatMul{}, {b.Input("a", {2, 4}), b.Input("b", {4, 3})});
  const TensorId mask =
      mask_is_input ? b.Input("mask", {2, 3}) : b.Constant<float>("mask", {3}, {0, 0, masked});
  const TensorId p = b.Emit(Softmax{}, {b.Emit(Add{}, {product, mask})}, "p");
  const TensorId check = b.Emit(NotEqual{}, {p, p});
  return b.Output(b.Emit(Select{}, {check, b.Scalar(0), p}, "y")).Build();
}

TEST_CASE("Bounded masks need no check", "[passes]") {
  CHECK(Count<Select>(RunPass(DropNanChecks, MaskedProduct(false, -65536))) == 0);
}

TEST_CASE("A mask that may be infinite keeps its check", "[passes]") {
  CHECK(Count<Select>(RunPass(DropNanChecks, MaskedProduct(true, 0))) == 1);
  CHECK(Count<Select>(RunPass(DropNanChecks, MaskedProduct(false, -kInfinity))) == 1);
}

TEST_CASE("A comparison of other numbers stays", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 3});
  b.Output(b.Emit(Select{}, {b.Emit(NotEqual{}, {x, x}), b.Scalar(0), x}));
  CHECK(Count<Select>(RunPass(DropNanChecks, b.Build())) == 1);
  CHECK(Count<NotEqual>(RunPass(FindMaskedRows, b.Build())) == 1);
}

}  // namespace
}  // namespace qconvert
