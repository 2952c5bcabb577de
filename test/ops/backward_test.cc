// Gradients of all records against differences.
#include <array>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "test/ops/finite_differences.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

/// The operators that no gradient passes.
const std::map<std::string_view, std::string_view> kWithout = {
    {"FloorDiv", "its result is constant between jumps"},
    {"Floor", "its result is constant between jumps"},
    {"Ceil", "its result is constant between jumps"},
    {"Round", "its result is constant between jumps"},
    {"Sign", "its result is constant between jumps"},
    {"Equal", "its result is a truth value"},
    {"NotEqual", "its result is a truth value"},
    {"Less", "its result is a truth value"},
    {"LessEqual", "its result is a truth value"},
    {"Greater", "its result is a truth value"},
    {"GreaterEqual", "its result is a truth value"},
    {"LogicalAnd", "its result is a truth value"},
    {"LogicalOr", "its result is a truth value"},
    {"LogicalNot", "its result is a truth value"},
    {"ArgMax", "its result is an index"},
    {"TopK", "training does not choose elements by their order"},
    {"Cast", "it is between number systems"},
    {"Quantize", "it rounds: who trains says what its gradient is"},
    {"Dequantize", "its operand is integers"},
    {"QuantizeLinear", "it rounds: who trains says what its gradient is"},
    {"DequantizeLinear", "its operand is integers"}};

bool HasGradients(const Graph& graph) {
  const Node& node = OnlyNode(graph);
  return OpOf(node).backward != nullptr && graph.tensor(node.output()).is_float();
}

/// Returns how to draw operands so that no step passes a kink or a pole.
Draw DrawFor(const Graph& graph) {
  static const std::set<std::string_view> kPositive = {"Div",  "Pow",   "Atan2",    "Log",
                                                       "Sqrt", "Rsqrt", "BatchNorm"};
  const Node& node = OnlyNode(graph);
  if (OpOf(node).multiply_adds != nullptr) return Draw::kUniform;
  return kPositive.count(node.kind()) == 1 ? Draw::kPositive : Draw::kApart;
}

Graph OneNode(const Operator& op, const std::vector<Shape>& shapes) {
  GraphBuilder b;
  std::vector<TensorId> inputs;
  for (const Shape& shape : shapes) {
    inputs.push_back(b.Input("in" + std::to_string(inputs.size()), shape));
  }
  return b.Output(b.Emit(op, inputs)).Build();
}

/// The cases of operators with a TFLite form, and some of the others.
std::vector<OperatorCase> AllCases() {
  std::vector<OperatorCase> cases = OperatorCases();
  const auto add = [&](const Operator& op, const std::vector<Shape>& shapes) {
    cases.push_back({"", OneNode(op, shapes)});
  };
  const Shape shape = {2, 3, 4};
  for (const Operator& op : {Operator{Clip{-2, 3}}, Operator{HardSigmoid{0.25F, 0.5F}}}) {
    add(op, {shape});
  }
  add(Erf{}, {shape});
  add(BatchNorm{}, {shape, {4}, {4}, {4}, {4}});
  return cases;
}

TEST_CASE("Gradients equal differences for every operator that has them", "[ops]") {
  std::set<std::string_view> compared;
  for (const OperatorCase& c : AllCases()) {
    if (!HasGradients(c.graph)) continue;
    INFO(OnlyNode(c.graph).kind() << " " << c.label);
    CHECK(CheckGradients(c.graph, DrawFor(c.graph), 1) > 0);
    compared.insert(OnlyNode(c.graph).kind());
  }
  for (const Op* op : AllOps()) {
    INFO(op->name);
    const bool elsewhere = op->name == "FloorMod";  // floors of random quotients would jump
    CHECK((op->backward != nullptr) == (compared.count(op->name) == 1 || elsewhere));
  }
}

TEST_CASE("Only operators with a reason have no gradient", "[ops]") {
  for (const Op* op : AllOps()) {
    INFO(op->name);
    CHECK((op->backward == nullptr) == (kWithout.count(op->name) == 1));
  }
}

/// Returns a window with random strides, dilations and pads, and an image [N,H,W,channels] into
/// which a filter fits, perhaps not with its last pixels.
struct RandomPlaces {
  Window window;
  Shape image;
};

RandomPlaces DrawPlaces(Random& random, int64_t filter_h, int64_t filter_w, int64_t channels,
                        int most_dilation) {
  const auto draw = [&](int64_t min, int64_t max) {
    return static_cast<int>(random.Integer(min, max));
  };
  RandomPlaces places;
  places.window = {draw(1, 3), draw(1, 3), draw(1, most_dilation), draw(1, most_dilation)};
  Window& w = places.window;
  w.pad_top = draw(0, filter_h - 1), w.pad_bottom = draw(0, filter_h - 1);
  w.pad_left = draw(0, filter_w - 1), w.pad_right = draw(0, filter_w - 1);
  places.image = {random.Integer(1, 2), (filter_h - 1) * w.dilation_h + random.Integer(1, 4),
                  (filter_w - 1) * w.dilation_w + random.Integer(1, 4), channels};
  return places;
}

Activation DrawActivation(Random& random) {
  constexpr std::array kAll = {Activation::kNone, Activation::kRelu, Activation::kReluN1To1,
                               Activation::kRelu6};
  return kAll[static_cast<size_t>(random.Integer(0, 3))];
}

TEST_CASE("Gradients of convolutions equal differences whatever the window and groups", "[ops]") {
  for (uint64_t seed = 0; seed < 24; ++seed) {
    Random random(seed);
    const int64_t h = random.Integer(1, 3), w = random.Integer(1, 3);
    const int64_t groups = random.Integer(1, 3), depth = random.Integer(1, 3);
    const int64_t outputs = groups * random.Integer(1, 3);
    const RandomPlaces places = DrawPlaces(random, h, w, groups * depth, 2);
    const Activation activation = DrawActivation(random);
    INFO("seed " << seed);
    CheckGradients(OneNode(Conv2D{places.window, activation},
                           {places.image, {outputs, h, w, depth}, {outputs}}),
                   Draw::kUniform, seed);
    const int64_t multiplied = groups * depth * random.Integer(1, 2);
    CheckGradients(OneNode(DepthwiseConv2D{places.window, activation},
                           {places.image, {1, h, w, multiplied}, {multiplied}}),
                   Draw::kUniform, seed);
    Window back = places.window;
    back.dilation_h = back.dilation_w = 1;
    const auto out_h = static_cast<int>(places.image[1] * back.stride_h + h);
    const auto out_w = static_cast<int>(places.image[2] * back.stride_w);
    CheckGradients(OneNode(TransposeConv2D{back, out_h, out_w, activation},
                           {places.image, {outputs, h, w, groups * depth}, {outputs}}),
                   Draw::kUniform, seed);
  }
}

/// Patches are laid out some hundred places at a time.
TEST_CASE("Gradients of convolutions with many places and channels equal differences", "[ops]") {
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  CheckGradients(OneNode(Conv2D{same}, {{1, 26, 26, 64}, {2, 3, 3, 64}, {2}}), Draw::kUniform, 1);
  CheckGradients(OneNode(TransposeConv2D{same, 26, 26}, {{1, 26, 26, 2}, {64, 3, 3, 2}, {64}}),
                 Draw::kUniform, 1);
}

TEST_CASE("Gradients of pools equal differences whatever the window", "[ops]") {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    const auto h = static_cast<int>(random.Integer(1, 3));
    const auto w = static_cast<int>(random.Integer(1, 3));
    const RandomPlaces places = DrawPlaces(random, h, w, random.Integer(1, 3), 1);
    INFO("seed " << seed);
    const Activation activation = DrawActivation(random);
    CheckGradients(OneNode(AveragePool2D{h, w, places.window, activation}, {places.image}),
                   Draw::kUniform, seed);
    CheckGradients(OneNode(MaxPool2D{h, w, places.window, activation}, {places.image}),
                   Draw::kApart, seed);
  }
}

TEST_CASE("Gradients of broadcast operands are summed over the axes they are repeated along",
          "[ops]") {
  const std::vector<std::vector<Shape>> broadcasts = {
      {{2, 3, 4}, {3, 1}}, {{4}, {2, 3, 4}}, {{2, 1, 4}, {3, 1}}, {{}, {2, 3}}, {{1, 1}, {3}}};
  for (const std::vector<Shape>& shapes : broadcasts) {
    for (const Operator& op :
         {Operator{Add{Activation::kRelu}}, Operator{Sub{}}, Operator{Mul{Activation::kRelu6}},
          Operator{Maximum{}}, Operator{Minimum{}}, Operator{SquaredDifference{}}}) {
      INFO(OperatorName(op));
      CheckGradients(OneNode(op, shapes), Draw::kApart, 3);
    }
    for (const Operator& op : {Operator{Div{}}, Operator{Pow{}}, Operator{Atan2{}}}) {
      INFO(OperatorName(op));
      CheckGradients(OneNode(op, shapes), Draw::kPositive, 3);
    }
  }
}

TEST_CASE("Gradients of products equal differences for broadcast and transposed matrices",
          "[ops]") {
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      const Shape left = a ? Shape{2, 1, 4, 3} : Shape{2, 1, 3, 4};
      const Shape right = b ? Shape{3, 5, 4} : Shape{3, 4, 5};
      INFO(a << b);
      CheckGradients(OneNode(BatchMatMul{a, b}, {left, right}), Draw::kUniform, 5);
    }
  }
}

TEST_CASE("Gradients of reductions equal differences whatever the axes", "[ops]") {
  const Shape shape = {2, 3, 2, 2};
  for (int mask = 1; mask < 16; ++mask) {
    std::vector<int> axes;
    for (int axis = 0; axis < 4; ++axis) {
      if ((mask >> axis & 1) != 0) axes.push_back(axis);
    }
    const bool keep = mask % 2 == 0;
    for (const Operator& op : {Operator{Mean{axes, keep}}, Operator{Sum{axes, keep}},
                               Operator{ReduceMax{axes, keep}}, Operator{ReduceMin{axes, keep}}}) {
      INFO(OperatorName(op) << " " << mask);
      CheckGradients(OneNode(op, {shape}), Draw::kApart, 7);
    }
    CheckGradients(OneNode(ReduceProd{axes, keep}, {shape}), Draw::kUniform, 7);
  }
}

/// The gradients by the operands of a node of one result, from that by the result.
std::vector<std::vector<float>> GradientsOf(const Operator& op,
                                            std::vector<std::vector<float>> operands,
                                            std::vector<float> by_result) {
  std::vector<Tensor> tensors;
  std::vector<TensorView> inputs;
  std::vector<std::vector<float>> gradients;
  for (const std::vector<float>& values : operands) {
    tensors.push_back({"x", ElementType::kFloat32, {static_cast<int64_t>(values.size())}});
    gradients.emplace_back(values.size(), 0.0F);
  }
  for (size_t k = 0; k < operands.size(); ++k) {
    inputs.push_back({&tensors[k], reinterpret_cast<std::byte*>(operands[k].data())});
  }
  std::vector<float> result(by_result.size());
  const Tensor tensor{"y", ElementType::kFloat32, {static_cast<int64_t>(result.size())}};
  const TensorView output{&tensor, reinterpret_cast<std::byte*>(result.data())};
  const Node node("n", op, {}, {});
  OpOf(op).evaluate(node, inputs, {&output, 1});
  const std::span<const float> by_output = by_result;
  const std::vector<std::span<float>> by_inputs(gradients.begin(), gradients.end());
  OpOf(op).backward(node, {inputs, {&output, 1}, {&by_output, 1}, by_inputs});
  return gradients;
}

using Gradients = std::vector<std::vector<float>>;

TEST_CASE("Where a function has a kink, gradients are those of PyTorch", "[ops]") {
  CHECK(GradientsOf(Relu{}, {{-1, 0, 1}}, {1, 1, 1}) == Gradients{{0, 0, 1}});
  CHECK(GradientsOf(Relu6{}, {{0, 3, 6}}, {1, 1, 1}) == Gradients{{0, 1, 0}});
  CHECK(GradientsOf(Abs{}, {{-2, 0, 2}}, {1, 1, 1}) == Gradients{{-1, 0, 1}});
  CHECK(GradientsOf(Maximum{}, {{1, 2}, {1, 3}}, {1, 1}) == Gradients{{0.5F, 0}, {0.5F, 1}});
  CHECK(GradientsOf(Minimum{}, {{1, 2}, {1, 3}}, {1, 1}) == Gradients{{0.5F, 1}, {0.5F, 0}});
  CHECK(GradientsOf(ReduceMax{{0}, true}, {{4, 1, 4}}, {1}) == Gradients{{0.5F, 0, 0.5F}});
  CHECK(GradientsOf(Pow{}, {{0, 0}, {2, 0}}, {1, 1}) == Gradients{{0, 0}, {0, 0}});
}

TEST_CASE("A product passes its gradient to a zero, but not to two", "[ops]") {
  CHECK(GradientsOf(ReduceProd{{0}, true}, {{2, 0, 3}}, {1}) == Gradients{{0, 6, 0}});
  CHECK(GradientsOf(ReduceProd{{0}, true}, {{2, 0, 0}}, {1}) == Gradients{{0, 0, 0}});
}

TEST_CASE("A remainder passes its gradient to the dividend whole", "[ops]") {
  CHECK(GradientsOf(FloorMod{}, {{7.5F, -7.5F}, {2, 2}}, {1, 0.5F}) ==
        Gradients{{1, 0.5F}, {-3, 2}});
}

TEST_CASE("The first of equal pixels of a window has the gradient of their maximum", "[ops]") {
  const Graph graph = OneNode(MaxPool2D{1, 2, {}}, {{1, 1, 2, 1}});
  std::vector<float> x = {3, 3}, y = {3}, by_x = {0, 0};
  const std::vector<float> by_y = {1};
  const Node& node = OnlyNode(graph);
  const TensorView input{&graph.tensor(node.input(0)), reinterpret_cast<std::byte*>(x.data())};
  const TensorView output{&graph.tensor(node.output()), reinterpret_cast<std::byte*>(y.data())};
  const std::span<const float> by_output = by_y;
  const std::span<float> by_input = by_x;
  OpOf(node).backward(node, {{&input, 1}, {&output, 1}, {&by_output, 1}, {&by_input, 1}});
  CHECK(by_x == std::vector<float>{1, 0});
}

}  // namespace
}  // namespace qconvert
