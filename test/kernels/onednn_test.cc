#include <cmath>
#include <numeric>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"
#include "test/support/prepared.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

Tensor Magnitudes(const Tensor& tensor) {
  std::vector<float> values = ToVector<float>(tensor);
  for (float& value : values) value = std::abs(value);
  return MakeConstantTensor(tensor.name, tensor.shape, std::move(values));
}

/// Returns the sums of |a| |b| that a weighted sum is made of: what its rounding errors scale with.
std::vector<float> MagnitudesOfTerms(const Graph& graph, std::vector<Tensor> inputs) {
  Graph magnitudes = graph;
  if (Activation* activation = FusedActivation(magnitudes.nodes().front().op)) {
    *activation = Activation::kNone;
  }
  for (TensorId id = 0; id < magnitudes.tensor_count(); ++id) {
    Tensor& tensor = magnitudes.tensor(id);
    if (tensor.is_constant()) tensor = Magnitudes(tensor);
  }
  for (Tensor& input : inputs) input = Magnitudes(input);
  return RunFloat(magnitudes, inputs);
}

/// Sums n products in float32, in any order: |error| <= (n + 2) 2^-24 sum |a| |b| to first order,
/// whatever is fused; the oracle's own rounding is the last of the two.
void CheckSums(const Graph& graph, int64_t terms, Machine machine,
               const std::string& primitive = "onednn ") {
  const std::vector<Tensor> inputs = RandomInputs(graph, 7);
  const Prepared prepared(graph, machine);
  REQUIRE(prepared.kernel != nullptr);
  CHECK(std::string(prepared.kernel->primitive()).substr(0, primitive.size()) == primitive);
  const std::vector<float> expected = RunFloat(graph, inputs);
  const std::vector<float> magnitudes = MagnitudesOfTerms(graph, inputs);
  const std::vector<float> actual = prepared.Run<float>(inputs);
  const double unit = std::ldexp(static_cast<double>(terms + 2), -24);
  double worst = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double error = std::abs(double{actual[i]} - double{expected[i]});
    worst = std::max(worst, error / (unit * double{magnitudes[i]}));
  }
  CHECK(worst <= 1);
}

/// On one thread, and split over three.
void CheckSums(const Graph& graph, int64_t terms) {
  CheckSums(graph, terms, {});
  CheckSums(graph, terms, {.threads = 3});
}

const std::vector<Activation> kActivations = {Activation::kNone, Activation::kRelu,
                                              Activation::kReluN1To1, Activation::kRelu6};

constexpr Window kUneven{
    .stride_h = 2, .stride_w = 1, .pad_top = 0, .pad_left = 1, .pad_bottom = 1};

TEST_CASE("Float Conv2D by oneDNN keeps within rounding of plain loops", "[ops]") {
  struct Case {
    Shape image, weights;
    Window window;
  };
  const std::vector<Case> cases = {
      {{2, 9, 8, 3}, {16, 3, 3, 3}, kUneven},
      {{1, 5, 7, 8}, {5, 1, 1, 8}, {}},
      {{1, 9, 9, 8}, {6, 3, 3, 4}, kUneven},  // two groups
      {{1, 12, 12, 4}, {4, 3, 3, 4}, {.dilation_h = 2, .dilation_w = 3}},
      {{1, 1, 20, 4}, {8, 1, 5, 4}, {.stride_w = 2, .pad_left = 2}},
      // More weights than pixels, which threads share by output channels.
      {{2, 4, 3, 20}, {67, 3, 3, 20}, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1}},
      {{1, 1, 1, 40}, {48, 1, 1, 40}, {}}};
  for (const Case& c : cases) {
    for (Activation activation : kActivations) {
      GraphBuilder b;
      const TensorId x = b.Input("x", c.image), w = b.Random("w", c.weights);
      b.Output(b.Emit(Conv2D{c.window, activation}, {x, w, b.Random("b", {c.weights[0]})}));
      CheckSums(b.Build(), c.weights[1] * c.weights[2] * c.weights[3] + 1);
    }
  }
}

TEST_CASE("Float DepthwiseConv2D by oneDNN keeps within rounding of plain loops", "[ops]") {
  for (int64_t multiplier : {1, 2, 3}) {
    GraphBuilder b;
    const TensorId x = b.Input("x", {1, 9, 8, 12});
    const TensorId w = b.Random("w", {1, 3, 3, 12 * multiplier});
    b.Output(b.Emit(DepthwiseConv2D{kUneven, Activation::kRelu6}, {x, w}));
    CheckSums(b.Build(), 9);
  }
}

TEST_CASE("Float TransposeConv2D by oneDNN keeps within rounding of plain loops", "[ops]") {
  const std::vector<TransposeConv2D> cases = {
      {{.stride_h = 2, .stride_w = 2}, 11, 13},
      {{.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1}, 9, 11},
      {{.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1}, 10, 12},
      {{.stride_h = 2, .stride_w = 2}, 12, 14, Activation::kRelu}};
  for (const TransposeConv2D& conv : cases) {
    GraphBuilder b;
    const TensorId x = b.Input("x", {2, 5, 6, 4}), w = b.Random("w", {3, 3, 3, 4});
    b.Output(b.Emit(conv, {x, w, b.Random("b", {3})}));
    CheckSums(b.Build(), 9 * 4 + 1);
  }
}

TEST_CASE("Float TransposeConv2D beyond what oneDNN means is left to plain loops", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 2, 2, 1}), w = b.Random("w", {1, 3, 3, 1});
  b.Output(b.Emit(TransposeConv2D{{.stride_h = 2, .stride_w = 2}, 9, 5}, {x, w}));
  CHECK(Prepared(b.Build()).kernel == nullptr);
}

TEST_CASE("Float FullyConnected by oneDNN keeps within rounding of plain loops", "[ops]") {
  for (const Shape& image : {Shape{1, 40}, Shape{7, 40}, Shape{2, 6, 40}, Shape{40}}) {
    for (int64_t outputs : {11, 70}) {
      GraphBuilder b;
      const TensorId x = b.Input("x", image), w = b.Random("w", {outputs, 40});
      b.Output(b.Emit(FullyConnected{Activation::kRelu}, {x, w, b.Random("b", {outputs})}));
      CheckSums(b.Build(), 41);
    }
  }
  // Deep products, which are made in chunks.
  for (const Shape& image : {Shape{9, 2100}, Shape{3, 2100}}) {
    GraphBuilder b;
    const TensorId x = b.Input("x", image), w = b.Random("w", {70, 2100});
    b.Output(b.Emit(FullyConnected{Activation::kRelu}, {x, w, b.Random("b", {70})}));
    CheckSums(b.Build(), 2101);
  }
}

TEST_CASE("Float BatchMatMul by oneDNN keeps within rounding of plain loops", "[ops]") {
  struct Case {
    Shape a, b;
    BatchMatMul product;
  };
  const std::vector<Case> cases = {{{2, 3, 4, 20}, {2, 3, 20, 5}, {}},
                                   {{2, 3, 20, 4}, {20, 5}, {.transpose_a = true}},
                                   {{4, 20}, {3, 5, 20}, {.transpose_b = true}},
                                   {{2, 1, 20, 4}, {1, 3, 5, 20}, {true, true}}};
  for (const Case& c : cases) {
    GraphBuilder b;
    b.Output(b.Emit(c.product, {b.Input("a", c.a), b.Input("b", c.b)}));
    CheckSums(b.Build(), 20);
  }
}

TEST_CASE("Products with weights that are computed keep within rounding of plain loops", "[ops]") {
  const auto check = [](const Operator& op, const Shape& image, const Shape& weights,
                        int64_t outputs, int64_t terms) {
    GraphBuilder b;
    const TensorId x = b.Input("x", image), w = b.Input("w", weights);
    b.Output(b.Emit(op, {x, w, b.Input("bias", {outputs})}));
    CheckSums(b.Build(), terms + 1, {}, "computed weights");
  };
  for (Activation activation : kActivations) {
    check(Conv2D{kUneven, activation}, {2, 9, 8, 3}, {5, 3, 3, 3}, 5, 27);
    check(Conv2D{kUneven, activation}, {1, 9, 9, 8}, {6, 3, 3, 4}, 6, 36);  // two groups
    check(DepthwiseConv2D{kUneven, activation}, {2, 7, 6, 3}, {1, 3, 3, 3}, 3, 9);
    check(DepthwiseConv2D{kUneven, activation}, {2, 7, 6, 3}, {1, 3, 3, 6}, 6, 9);
    check(FullyConnected{activation}, {4, 20}, {5, 20}, 5, 20);
  }
}

template <typename Pool>
void CheckPool(const Pool& pool, double error) {
  GraphBuilder b;
  b.Output(b.Emit(pool, {b.Input("x", {1, 9, 8, 5})}));
  const Graph graph = b.Build();
  const std::vector<Tensor> inputs = RandomInputs(graph, 3, -8, 8);
  for (const int threads : {1, 3}) {
    const Prepared prepared(graph, {.threads = threads});
    CHECK_THAT(prepared.Run<float>(inputs), WithinError(RunFloat(graph, inputs), error));
  }
}

TEST_CASE("Float pools by oneDNN leave padding out", "[ops]") {
  for (Activation activation : kActivations) {
    CheckPool(MaxPool2D{3, 2, kUneven, activation}, 0);
    // Six terms below 8, added and divided in float32.
    CheckPool(AveragePool2D{3, 2, kUneven, activation}, std::ldexp(8 * 7, -24));
  }
}

TEST_CASE("Threads may run one kernel at the same time", "[ops]") {
  GraphBuilder b;
  b.Output(b.Emit(Conv2D{}, {b.Input("x", {1, 24, 24, 8}), b.Random("w", {16, 3, 3, 8})}));
  const Graph graph = b.Build();
  const Prepared prepared(graph);
  std::vector<std::vector<float>> expected(4), actual(4);
  std::vector<std::vector<Tensor>> inputs;
  for (size_t i = 0; i < actual.size(); ++i) {
    inputs.push_back(RandomInputs(graph, i));
    expected[i] = prepared.Run<float>(inputs[i]);
  }
  std::vector<std::thread> threads;
  for (size_t i = 0; i < actual.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int run = 0; run < 20; ++run) actual[i] = prepared.Run<float>(inputs[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(actual == expected);
}

}  // namespace
}  // namespace qconvert
