// Convolutions of int16 activations: the fast kernels equal the reference, whatever the numbers.
#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "test/support/graph_builder.h"
#include "test/support/prepared.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

struct Case {
  Shape image, filter;  // [N,H,W,C], [O,KH,KW,C]; depthwise [1,KH,KW,C]
  Window window = {};
};

constexpr Window kSame{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
constexpr Window kUneven{.stride_h = 2, .pad_top = 1, .pad_left = 2, .pad_right = 1};
constexpr Window kDilated{.dilation_h = 2, .dilation_w = 3, .pad_top = 2, .pad_left = 3};

const std::vector<Case> kDense = {
    {{1, 7, 7, 24}, {40, 1, 1, 24}},
    {{2, 5, 6, 3}, {7, 1, 1, 3}},           // an odd depth, a part of a panel
    {{2, 9, 10, 5}, {33, 3, 3, 5}, kSame},  // odd pieces, more than one block of windows
    {{1, 9, 8, 6}, {4, 3, 2, 6}, kUneven},
    {{1, 12, 12, 4}, {18, 3, 3, 4}, kDilated},
    {{1, 6, 6, 8}, {10, 3, 3, 4}, kSame},     // two groups of channels
    {{1, 4, 4, 700}, {5, 1, 1, 700}},         // a piece that is cut
    {{1, 5, 4, 201}, {17, 3, 3, 201}, kSame}  // several chunks of cut pieces
};
const std::vector<Case> kDepthwise = {{{2, 9, 11, 21}, {1, 3, 3, 21}, kSame},
                                      {{1, 8, 9, 12}, {1, 3, 2, 12}, kUneven},
                                      {{1, 12, 12, 8}, {1, 5, 5, 8}, kDilated}};

/// Makes the graph; weights are multiples of `step`.
Graph Build(const Case& c, bool depthwise, int step, Activation activation) {
  Random random(5);
  const int64_t outputs = c.filter[depthwise ? 3 : 0];
  const auto count = static_cast<size_t>(outputs);
  std::vector<int8_t> weights(static_cast<size_t>(NumElements(c.filter)));
  for (int8_t& weight : weights) {
    weight = static_cast<int8_t>(random.Integer(-127 / step, 127 / step) * step);
  }
  std::vector<float> scales(count);
  for (float& scale : scales) scale = random.Uniform(0.5F, 2);
  Tensor filter = MakeConstantTensor("filter", c.filter, std::move(weights));
  filter.quant = {scales, std::vector<int32_t>(count, 0), depthwise ? 3 : 0};
  Tensor bias = MakeConstantTensor("bias", {outputs}, std::vector<int64_t>(count, -123456));
  bias.quant = {scales, std::vector<int32_t>(count, 0), 0};
  GraphBuilder b;
  const TensorId x = b.Input("x", c.image, ElementType::kInt16, PerLayer(1, 0));
  const std::vector<TensorId> operands = {x, b.Add(filter), b.Add(bias)};
  const Operator op = depthwise ? Operator(DepthwiseConv2D{c.window, activation})
                                : Operator(Conv2D{c.window, activation});
  const auto terms = static_cast<float>(NumElements(c.filter) / outputs);
  b.Output(b.Emit(op, operands, "y", ElementType::kInt16, PerLayer(40 * terms, 0)));
  return b.Build();
}

void Check(const Case& c, bool depthwise, bool extremes, int threads) {
  const Graph graph =
      Build(c, depthwise, extremes ? 127 : 1, extremes ? Activation::kNone : Activation::kRelu);
  Random random(9);
  std::vector<int16_t> values(static_cast<size_t>(NumElements(c.image)));
  for (int16_t& value : values) {
    const int64_t any = random.Integer(-32768, 32767);
    value = static_cast<int16_t>(!extremes ? any : any < 0 ? -32768 : 32767);
  }
  Tensor input = MakeConstantTensor("x", c.image, std::move(values));
  input.quant = graph.tensor(graph.inputs[0]).quant;
  const Prepared prepared(graph, {.threads = threads});
  REQUIRE(prepared.kernel != nullptr);
  CAPTURE(ToText(c.image), ToText(c.filter), threads, extremes);
  CHECK(prepared.Run<int16_t>({input}) == ToVector<int16_t>(RunReference(graph, {input}).front()));
}

TEST_CASE("Fast convolutions of int16 equal the reference", "[ops]") {
  for (const bool extremes : {false, true}) {
    for (const int threads : {1, 3}) {
      for (const Case& c : kDense) Check(c, false, extremes, threads);
      for (const Case& c : kDepthwise) Check(c, true, extremes, threads);
    }
  }
}

/// 2000 products of -32768 and -127 are far beyond an int32.
TEST_CASE("Sums of int16 products do not overflow", "[ops]") {
  const Shape shape{1, 1, 1, 2000};
  Tensor weights = MakeConstantTensor("w", {1, 1, 1, 2000}, std::vector<int8_t>(2000, -127));
  weights.quant = PerLayer(1, 0);
  GraphBuilder b;
  const TensorId x = b.Input("x", shape, ElementType::kInt16, PerLayer(1, 0));
  b.Output(b.Emit(Conv2D{}, {x, b.Add(weights)}, "y", ElementType::kInt16, PerLayer(0x1p20F, 0)));
  Tensor input = MakeConstantTensor("x", shape, std::vector<int16_t>(2000, -32768));
  input.quant = PerLayer(1, 0);
  const Graph graph = b.Build();
  const std::vector<int16_t> expected{7938};  // 32768 x 127 x 2000 / 2^20, rounded
  CHECK(ToVector<int16_t>(RunReference(graph, {input}).front()) == expected);
  CHECK(Prepared(graph).Run<int16_t>({input}) == expected);
}

}  // namespace
}  // namespace qconvert
