#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

// Equal, channel vector, channel vector with a batch, pixel by pixel, scalars, all at once.
const std::pair<Shape, Shape> kShapes[] = {{{2, 5, 3, 7}, {2, 5, 3, 7}},
                                           {{2, 5, 3, 37}, {37}},
                                           {{2, 1, 1, 33}, {2, 5, 3, 33}},
                                           {{2, 5, 3, 1}, {2, 5, 3, 40}},
                                           {{2, 3, 4, 5}, {}},
                                           {{}, {71}},
                                           {{2, 1, 3, 1, 5}, {1, 4, 1, 6, 1}},
                                           {{1}, {1}},
                                           {{0, 3}, {3}}};

TEST_CASE("Fast int8 arithmetic is within a step of the reference for every broadcast", "[ops]") {
  for (const auto& [a, b] : kShapes) {
    for (const Operator& op : {Operator{Add{}}, Operator{Sub{Activation::kRelu}}, Operator{Mul{}},
                               Operator{Mul{Activation::kRelu6}}}) {
      INFO(OperatorName(op) << " " << ToText(a) << " " << ToText(b));
      const std::vector<Int8Operand> operands = {{a, 0.021F, -7}, {b, 0.047F, 11}};
      const QuantParams result = PerLayer(0.06F, 3);
      CHECK_THAT(RunFastInt8(op, operands, result),
                 WithinSteps(RunBothWays(op, operands, result).integer, 1));
    }
  }
}

TEST_CASE("Fast int8 Maximum and Minimum equal the reference", "[ops]") {
  for (const auto& [a, b] : kShapes) {
    for (const Operator& op : {Operator{Maximum{}}, Operator{Minimum{}}}) {
      const std::vector<Int8Operand> operands = {{a, 0.1F, 5}, {b, 0.1F, 5}};
      CHECK(RunFastInt8(op, operands, PerLayer(0.1F, 5)) ==
            RunBothWays(op, operands, PerLayer(0.1F, 5)).integer);
    }
  }
}

TEST_CASE("Fast int8 PRelu is within a step of the reference", "[ops]") {
  const std::vector<Int8Operand> operands = {{{2, 5, 3, 37}, 0.05F, 20}, {{1, 37}, 0.01F, -60}};
  CHECK_THAT(RunFastInt8(PRelu{}, operands, PerLayer(0.04F, 7)),
             WithinSteps(RunBothWays(PRelu{}, operands, PerLayer(0.04F, 7)).integer, 1));
}

/// Fixed-point lanes serve ratios of the scales below one, float lanes all.
TEST_CASE("Fast int8 sums are within a step of the reference for every ratio of scales", "[ops]") {
  for (const float a : {0.001F, 0.03F, 0.05F, 0.099F, 0.11F, 0.3F}) {
    for (const float b : {0.02F, 0.0999F, 0.5F}) {
      for (const Operator& op : {Operator{Add{}}, Operator{Sub{Activation::kRelu6}}}) {
        INFO(OperatorName(op) << " " << a << " " << b);
        const std::vector<Int8Operand> operands = {{{3, 211}, a, -128}, {{3, 211}, b, 127}};
        const QuantParams result = PerLayer(0.1F, -90);
        CHECK_THAT(RunFastInt8(op, operands, result),
                   WithinSteps(RunBothWays(op, operands, result).integer, 1));
      }
    }
  }
}

/// What a sum is off by on average is off by in every pixel, and convolutions add it up.
TEST_CASE("Fast int8 sums are right on average", "[ops]") {
  for (const float a : {0.0071F, 0.0305F, 0.0493F, 0.0607F}) {
    for (const float b : {0.0113F, 0.0271F, 0.0389F}) {
      const std::vector<Int8Operand> operands = {{{300, 211}, a, -128}, {{300, 211}, b, -101}};
      const QuantParams result = PerLayer(0.11F, -90);
      const std::vector<int8_t> fast = RunFastInt8(Add{}, operands, result);
      const std::vector<int8_t> real = RunBothWays(Add{}, operands, result).real;
      double difference = 0;
      for (size_t i = 0; i < fast.size(); ++i) difference += fast[i] - real[i];
      INFO(a << " " << b);
      // Factors of 15 bits move 255 steps by 2^-8 at most, half of that on average.
      CHECK(std::abs(difference) / static_cast<double>(fast.size()) < 0x1p-8);
    }
  }
}

TEST_CASE("Fast means equal the plain loops", "[ops]") {
  struct Case {
    Shape shape;
    std::vector<int> axes;
  };
  for (const Case& c :
       {Case{{2, 7, 5, 19}, {1, 2}}, Case{{2, 7, 5, 19}, {2}}, Case{{2, 7, 5, 19}, {3}},
        Case{{3, 4}, {1, 0}}, Case{{1, 9, 9, 64}, {1, 2}}}) {
    for (const bool keep : {false, true}) {
      INFO(ToText(c.shape) << " keeps " << keep);
      const Operator op = Mean{c.axes, keep};
      const std::vector<Int8Operand> operands = {{c.shape, 0.07F, -13}};
      const QuantParams result = PerLayer(0.03F, 5);
      CHECK(RunFastInt8(op, operands, result) == RunBothWays(op, operands, result).integer);
      GraphBuilder b;
      const Graph graph = b.Output(b.Emit(op, {b.Input("x", c.shape)})).Build();
      const std::vector<Tensor> inputs = RandomInputs(graph, 4);
      // The same sums in double, perhaps in another order, rounded once to numbers below 1.
      CHECK_THAT(ToVector<float>(RunFast(graph, inputs).value()),
                 WithinError(RunFloat(graph, inputs), 0x1p-24));
    }
  }
}

TEST_CASE("Fast int8 SquaredDifference is within a step of the reference", "[ops]") {
  for (const auto& [a, b] : kShapes) {
    INFO(ToText(a) << " " << ToText(b));
    const std::vector<Int8Operand> operands = {{a, 0.021F, -7}, {b, 0.017F, 11}};
    const QuantParams result = PerLayer(0.08F, -128);
    CHECK_THAT(RunFastInt8(SquaredDifference{}, operands, result),
               WithinSteps(RunBothWays(SquaredDifference{}, operands, result).integer, 1));
  }
}

Graph OneNode(const Operator& op, const std::vector<Shape>& shapes) {
  GraphBuilder b;
  std::vector<TensorId> inputs;
  for (const Shape& shape : shapes) inputs.push_back(b.Input("x", shape));
  return b.Output(b.Emit(op, inputs)).Build();
}

TEST_CASE("Fast float arithmetic equals the plain loops for every broadcast", "[ops]") {
  for (const auto& [a, b] : kShapes) {
    for (const Operator& op :
         {Operator{Add{}}, Operator{Sub{Activation::kReluN1To1}}, Operator{Mul{}}, Operator{Div{}},
          Operator{Maximum{}}, Operator{Minimum{}}, Operator{SquaredDifference{}}}) {
      INFO(OperatorName(op) << " " << ToText(a) << " " << ToText(b));
      const Graph graph = OneNode(op, {a, b});
      const std::vector<Tensor> inputs = RandomInputs(graph, 1, -3, 3);
      const std::optional<Tensor> fast = RunFast(graph, inputs);
      REQUIRE(fast.has_value());
      CHECK(ToVector<float>(*fast) == RunFloat(graph, inputs));
    }
  }
}

TEST_CASE("Fast float functions agree with the plain loops", "[ops]") {
  const Operator exact[] = {Relu{},
                            Relu6{},
                            ReluN1To1{},
                            Relu0To1{},
                            Clip{-2, 3},
                            LeakyRelu{0.3F},
                            HardSigmoid{0.2F, 0.5F},
                            HardSwish{},
                            Abs{},
                            Neg{},
                            Square{},
                            Floor{},
                            Ceil{},
                            Round{}};
  const Operator rounded[] = {Logistic{}, Tanh{}, Elu{}, Exp{}, Gelu{false}, Gelu{true}};
  for (const Operator& op : exact) {
    INFO(OperatorName(op));
    const Graph graph = OneNode(op, {{1003}});
    const std::vector<Tensor> inputs = RandomInputs(graph, 1, -6, 6);
    CHECK(ToVector<float>(RunFast(graph, inputs).value()) == RunFloat(graph, inputs));
  }
  for (const Operator& op : rounded) {
    INFO(OperatorName(op));
    const Graph graph = OneNode(op, {{1003}});
    const std::vector<Tensor> inputs = RandomInputs(graph, 1, -2, 2);
    // 4 units in the last place of results below 8; Gelu 2^-21 of what is below 2
    CHECK_THAT(ToVector<float>(RunFast(graph, inputs).value()),
               WithinError(RunFloat(graph, inputs), 4 * 0x1p-21));
  }
}

TEST_CASE("Fast roots agree with the plain loops", "[ops]") {
  for (const Operator& op : {Operator{Sqrt{}}, Operator{Rsqrt{}}}) {
    const Graph graph = OneNode(op, {{1003}});
    const std::vector<Tensor> inputs = RandomInputs(graph, 1, 0.01F, 9);
    CHECK(ToVector<float>(RunFast(graph, inputs).value()) == RunFloat(graph, inputs));
  }
}

TEST_CASE("Fast float functions keep NaN and saturate at the ends", "[ops]") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {std::nanf(""), kInfinity, -kInfinity, 1e30F, -1e30F, 200, -200};
  for (const Operator& op :
       {Operator{Relu{}}, Operator{Relu6{}}, Operator{Logistic{}}, Operator{Tanh{}},
        Operator{Elu{}}, Operator{Exp{}}, Operator{Gelu{false}}, Operator{Gelu{true}},
        Operator{Floor{}}, Operator{Ceil{}}, Operator{Round{}}}) {
    INFO(OperatorName(op));
    const Graph graph = OneNode(op, {{7}});
    const std::vector<Tensor> inputs = {MakeConstantTensor("x", {7}, x)};
    CHECK_THAT(ToVector<float>(RunFast(graph, inputs).value()),
               WithinError(RunFloat(graph, inputs), 0));
  }
}

TEST_CASE("Fast Quantize and Dequantize equal the reference, halves included", "[ops]") {
  std::vector<float> x = RandomFloats(203, 1, -20, 20);
  for (int i = 0; i < 100; ++i)
    x[static_cast<size_t>(i)] = 0.125F * (static_cast<float>(i) - 49.5F);
  x[100] = std::numeric_limits<float>::infinity();
  x[101] = -1e30F;
  GraphBuilder b;
  b.Output(
      b.Emit(Quantize{}, {b.Input("x", {203})}, "q", ElementType::kInt8, PerLayer(0.125F, -9)));
  const std::vector<Tensor> real = {MakeConstantTensor("x", {203}, x)};
  CHECK(ToVector<int8_t>(RunFast(b.Build(), real).value()) ==
        ToVector<int8_t>(RunReference(b.Build(), real).front()));

  GraphBuilder d;
  d.Output(d.Emit(Dequantize{}, {d.Input("q", {203}, ElementType::kInt8, PerLayer(0.013F, 9))}));
  const std::vector<Tensor> steps = RandomInputs(d.Build(), 3);
  CHECK(ToVector<float>(RunFast(d.Build(), steps).value()) == RunFloat(d.Build(), steps));
}

/// Returns the numbers nearest to each half step, and their neighbours.
std::vector<float> AroundHalves(float scale) {
  std::vector<float> values;
  for (int step = -300; step < 300; ++step) {
    float value = scale * (static_cast<float>(step) + 0.5F);
    for (int i = 0; i < 3; ++i) value = std::nextafter(value, -1e38F);
    for (int i = 0; i < 7; ++i) {
      values.push_back(value);
      value = std::nextafter(value, 1e38F);
    }
  }
  return values;
}

TEST_CASE("Fast Quantize divides where a product would round elsewhere", "[ops]") {
  for (const float scale : {0.0173F, 1.0F / 3, 0.1F, 7.1F, 1e36F, 1e-40F}) {
    std::vector<float> x = AroundHalves(scale);
    x.push_back(3e38F);  // of a scale's reciprocal that is not normal
    const auto count = static_cast<int64_t>(x.size());
    GraphBuilder b;
    b.Output(
        b.Emit(Quantize{}, {b.Input("x", {count})}, "q", ElementType::kInt8, PerLayer(scale, 17)));
    const std::vector<Tensor> real = {MakeConstantTensor("x", {count}, x)};
    CHECK(ToVector<int8_t>(RunFast(b.Build(), real).value()) ==
          ToVector<int8_t>(RunReference(b.Build(), real).front()));
  }
}

TEST_CASE("Fast Pad equals the plain loops", "[ops]") {
  const Pad pad{{0, 2, 0, 1}, {1, 0, 3, 0}, 0.75F};
  const Graph graph = OneNode(pad, {{1, 3, 4, 5}});
  const std::vector<Tensor> inputs = RandomInputs(graph, 2, -9, 9);
  CHECK(ToVector<float>(RunFast(graph, inputs).value()) == RunFloat(graph, inputs));
}

TEST_CASE("Fast kernels leave other types to the plain loops", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {3}, ElementType::kInt64);
  b.Output(b.Emit(Add{}, {x, x}));
  const std::vector<Tensor> inputs = {MakeConstantTensor<int64_t>("x", {3}, {1, 2, 3})};
  CHECK_FALSE(RunFast(b.Build(), {inputs[0], inputs[0]}).has_value());
}

TEST_CASE("Fast float Softmax agrees with the plain loops, however long the rows", "[ops]") {
  for (const int64_t columns : {1, 7, 16, 17, 31, 64, 1003}) {
    for (const float beta : {1.0F, 2.5F}) {
      const Graph graph = OneNode(Softmax{beta}, {{3, 50, columns}});
      const std::vector<Tensor> inputs = RandomInputs(graph, 2, -9, 9);
      // Exponentials 4 units off, their sum and the quotient one each, of results up to 1.
      CHECK_THAT(ToVector<float>(RunFast(graph, inputs).value()),
                 WithinError(RunFloat(graph, inputs), 10 * 0x1p-24));
    }
  }
}

TEST_CASE("Fast float Softmax keeps NaN in its row", "[ops]") {
  std::vector<float> x(60, 1);
  x[7] = std::nanf("");
  x[40] = -std::numeric_limits<float>::infinity();
  const Graph graph = OneNode(Softmax{}, {{3, 20}});
  const std::vector<Tensor> inputs = {MakeConstantTensor("x", {3, 20}, x)};
  CHECK_THAT(ToVector<float>(RunFast(graph, inputs).value()),
             WithinError(RunFloat(graph, inputs), 10 * 0x1p-24));
}

TEST_CASE("Fast int8 Softmax is within a step of the reference", "[ops]") {
  for (const int64_t columns : {1, 10, 197, 1000}) {
    for (const float scale : {0.004F, 0.05F, 0.4F}) {
      INFO(columns << " columns, scale " << scale);
      const std::vector<Int8Operand> operands = {{{5, columns}, scale, 17}};
      const QuantParams result = PerLayer(1.0F / 256, -128);
      CHECK_THAT(RunFastInt8(Softmax{}, operands, result),
                 WithinSteps(RunBothWays(Softmax{}, operands, result).integer, 1));
    }
  }
}

TEST_CASE("Fast int8 BatchMatMul is within a step of the reference", "[ops]") {
  struct Case {
    Shape a, b;
    BatchMatMul product;
  };
  const Case cases[] = {{{2, 3, 13, 20}, {2, 3, 20, 35}, {}},
                        {{2, 3, 21, 4}, {21, 5}, {.transpose_a = true}},
                        {{7, 64}, {3, 40, 64}, {.transpose_b = true}},
                        {{2, 1, 9, 4}, {1, 3, 17, 9}, {true, true}}};
  for (const Case& c : cases) {
    INFO(ToText(c.a) << " " << ToText(c.b));
    const std::vector<Int8Operand> operands = {{c.a, 0.02F, -100}, {c.b, 0.03F, 90}};
    for (const float scale : {0.3F, 2.0F}) {
      const QuantParams result = PerLayer(scale, 4);
      CHECK_THAT(RunFastInt8(c.product, operands, result),
                 WithinSteps(RunBothWays(c.product, operands, result).integer, 1));
    }
  }
}

}  // namespace
}  // namespace qconvert
