// Kernels whose int8 tensors lie as unsigned bytes compute what they compute of signed ones.
#include <catch2/catch.hpp>

#include "lib/kernels/dot_gemm.h"
#include "lib/kernels/instructions.h"
#include "lib/ops/op.h"
#include "test/support/graph_builder.h"
#include "test/support/prepared.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

struct Case {
  Operator op;
  std::vector<Shape> operands;
  QuantParams result = PerLayer(0.04F, -9);
};

// Sizes that fill no vector.
const Shape kImage = {1, 7, 6, 37}, kChannels = {1, 1, 1, 37};
constexpr Window kUneven{.stride_h = 2, .pad_left = 1, .pad_bottom = 1};

const std::vector<Case> kCases = {
    {Add{}, {kImage, kImage}},
    {Add{Activation::kRelu}, {kImage, kChannels}},
    {Add{}, {kImage, kImage}, PerLayer(1e-5F, 3)},  // by floats: factors have no 12 fraction bits
    {Sub{}, {kImage, kImage}},
    {Mul{}, {kImage, kImage}},
    {Mul{}, {kImage, {1}}},
    {Mul{}, {kImage, kChannels}},
    {SquaredDifference{}, {kImage, kImage}},
    {PRelu{}, {kImage, kChannels}},
    {Maximum{}, {kImage, kChannels}, PerLayer(0.05F, 7)},
    {Minimum{}, {kImage, kImage}, PerLayer(0.05F, 7)},
    {MaxPool2D{3, 2, kUneven}, {kImage}, PerLayer(0.05F, 7)},
    {Pad{{0, 2, 1, 0}, {0, 1, 0, 5}, -3.0F}, {kImage}, PerLayer(0.05F, 7)},
    {AveragePool2D{3, 2, kUneven}, {kImage}, PerLayer(0.05F, 7)},
    {AveragePool2D{20, 20, {}}, {{1, 20, 20, 37}}, PerLayer(0.05F, 7)},
    {Mean{{1, 2}}, {kImage}},
    {Mean{{3}}, {kImage}},
    {Softmax{}, {{3, 70}}, PerLayer(1.0F / 256, -128)},
    {HardSwish{}, {kImage}},
    {Relu{}, {kImage}},
    {Logistic{}, {kImage}, PerLayer(1.0F / 256, -128)},
    {Quantize{}, {kImage}},
    {Transpose{{0, 3, 1, 2}}, {kImage}, PerLayer(0.05F, 7)},
    {Concat{3}, {kImage, kImage}, PerLayer(0.05F, 7)},
    {BatchMatMul{}, {{2, 5, 7}, {2, 7, 9}}},
    {BatchMatMul{false, true}, {{2, 5, 7}, {2, 9, 7}}},
};

Graph Build(const Case& c) {
  GraphBuilder b;
  std::vector<TensorId> operands;
  for (const Shape& shape : c.operands) {
    const std::string name = "x" + std::to_string(operands.size());
    operands.push_back(b.Input(name, shape, ElementType::kInt8, PerLayer(0.05F, 7)));
  }
  return b.Output(b.Emit(c.op, operands, "y", ElementType::kInt8, c.result)).Build();
}

void Check(const Graph& graph, int threads) {
  const std::vector<Tensor> inputs = RandomInputs(graph, 4);
  const Prepared flipped(graph, {.threads = threads, .unsigned_bytes = true});
  REQUIRE(flipped.kernel != nullptr);
  CHECK(flipped.kernel->HonoursFlips());
  const bool same = flipped.Run<int8_t>(inputs) == Prepared(graph).Run<int8_t>(inputs);
  CHECK(same);
}

TEST_CASE("Kernels honour flips", "[ops]") {
  for (const Case& c : kCases) {
    INFO(OperatorName(c.op) << " of " << ToText(c.operands[0]));
    for (const int threads : {1, 3}) Check(Build(c), threads);
  }
}

/// The right operand lies signed or unsigned; depths that are no multiple of four, and several
/// panels.
TEST_CASE("Products of matrices with VNNI are within a step of the reference", "[ops]") {
  if (!HasExactInt8Dot()) return;
  struct Product {
    Shape a, b;
    BatchMatMul op;
  };
  const Product products[] = {{{2, 3, 13, 20}, {2, 3, 20, 35}, {}},
                              {{2, 3, 5, 7}, {7, 70}, {}},
                              {{7, 66}, {3, 40, 66}, {.transpose_b = true}},
                              {{2, 1, 30, 1}, {1, 3, 17, 1}, {.transpose_b = true}},
                              {{2, 1, 4, 9}, {1, 3, 17, 4}, {true, true}}};
  for (const Product& product : products) {
    for (const int zero_point : {-128, 127}) {
      for (const float scale : {0.3F, 2.0F}) {
        GraphBuilder b;
        const auto int8 = ElementType::kInt8;
        const TensorId left = b.Input("a", product.a, int8, PerLayer(0.02F, zero_point));
        const TensorId right = b.Input("b", product.b, int8, PerLayer(0.03F, -1 - zero_point));
        b.Output(b.Emit(product.op, {left, right}, "y", int8, PerLayer(scale, 4)));
        const Graph graph = b.Build();
        const std::vector<Tensor> inputs = RandomInputs(graph, 8);
        const Prepared prepared(graph,
                                {.exact_int8_dot = true, .threads = 2, .unsigned_bytes = true});
        CHECK(prepared.kernel->HonoursFlips());
        const bool four = DotFunctionHere() != nullptr && !product.op.transpose_a;
        CHECK(prepared.kernel->primitive() == (four ? "vnni product" : "int16 product"));
        const auto expected = ToVector<int8_t>(RunReference(graph, inputs).front());
        CHECK_THAT(prepared.Run<int8_t>(inputs), WithinSteps(expected, 1));
      }
    }
  }
}

TEST_CASE("Kernels honour flips beside a signed constant", "[ops]") {
  for (const Operator& op : {Operator(Add{}), Operator(Mul{})}) {
    GraphBuilder b;
    const TensorId x = b.Input("x", kImage, ElementType::kInt8, PerLayer(0.05F, 7));
    Tensor constant = MakeConstantTensor("c", {1}, std::vector<int8_t>{-41});
    constant.quant = PerLayer(0.1F, 2);
    b.Output(b.Emit(op, {x, b.Add(constant)}, "y", ElementType::kInt8, PerLayer(0.3F, -1)));
    const Graph graph = b.Build();
    std::vector<Tensor> inputs = RandomInputs(graph, 4);
    inputs.push_back(constant);
    const Prepared flipped(graph, {.unsigned_bytes = true});
    const bool same = flipped.Run<int8_t>(inputs) == Prepared(graph).Run<int8_t>(inputs);
    CHECK(same);
  }
}

TEST_CASE("Copies between tensors that lie differently are left to the runner", "[ops]") {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.05F, 7);
  const TensorId x = b.Input("x", {1, 4}, ElementType::kInt8, quant);
  Tensor constant = MakeConstantTensor("c", {1, 4}, std::vector<int8_t>{1, 2, 3, 4});
  constant.quant = quant;
  b.Output(b.Emit(Concat{1}, {x, b.Add(constant)}, "y", ElementType::kInt8, quant));
  CHECK_FALSE(Prepared(b.Build(), {.unsigned_bytes = true}).kernel->HonoursFlips());
}

TEST_CASE("Dequantization honours flips", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", kImage, ElementType::kInt8, PerLayer(0.05F, 7));
  const Graph graph = b.Output(b.Emit(Dequantize{}, {x}, "y")).Build();
  const std::vector<Tensor> inputs = RandomInputs(graph, 4);
  const Prepared flipped(graph, {.unsigned_bytes = true});
  CHECK(flipped.kernel->HonoursFlips());
  CHECK(flipped.Run<float>(inputs) == Prepared(graph).Run<float>(inputs));
}

}  // namespace
}  // namespace qconvert
