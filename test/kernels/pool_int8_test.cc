// Integer pools of our own against the reference.
#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "test/support/graph_builder.h"
#include "test/support/prepared.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

template <typename Pool>
void CheckPool(const Pool& pool, const Shape& image, int threads) {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.05F, -30);
  const TensorId x = b.Input("x", image, ElementType::kInt8, quant);
  b.Output(b.Emit(pool, {x}, "y", ElementType::kInt8, quant));
  const Graph graph = b.Build();
  const std::vector<Tensor> inputs = RandomInputs(graph, 3);
  const Prepared prepared(graph, {.threads = threads});
  REQUIRE(prepared.kernel != nullptr);
  CHECK(prepared.Run<int8_t>(inputs) == ToVector<int8_t>(RunReference(graph, inputs).front()));
}

constexpr Window kUneven{
    .stride_h = 2, .stride_w = 1, .pad_top = 0, .pad_left = 1, .pad_bottom = 1};

TEST_CASE("Int8 pools equal the reference", "[ops]") {
  for (Activation activation :
       {Activation::kNone, Activation::kRelu, Activation::kReluN1To1, Activation::kRelu6}) {
    for (const int threads : {1, 3}) {
      CheckPool(MaxPool2D{3, 2, kUneven, activation}, {2, 9, 8, 21}, threads);
      CheckPool(AveragePool2D{3, 2, kUneven, activation}, {2, 9, 8, 21}, threads);
    }
  }
}

TEST_CASE("Int8 averages over large windows equal the reference", "[ops]") {
  CheckPool(AveragePool2D{100, 90, {}}, {1, 100, 90, 3}, 1);
  CheckPool(AveragePool2D{7, 7, {}}, {1, 7, 7, 70}, 1);
}

TEST_CASE("Int8 averages over every small window equal the reference", "[ops]") {
  for (const int h : {1, 2, 3, 4}) {
    for (const int w : {1, 2, 3, 4}) CheckPool(AveragePool2D{h, w, {}}, {2, 6, 40, 45}, 2);
  }
}

}  // namespace
}  // namespace qconvert
