// Integer convolutions, by our products and by oneDNN, against the reference: sums are exact,
// results within a step, on one thread and on several.
#include <algorithm>

#include <catch2/catch.hpp>

#include "lib/kernels/conv.h"
#include "lib/kernels/dot_gemm.h"
#include "lib/kernels/instructions.h"
#include "lib/ops/op.h"
#include "test/support/graph_builder.h"
#include "test/support/prepared.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

struct Case {
  Shape image, filter;  // [N,H,W,C], [O,KH,KW,C]; depthwise [1,KH,KW,C*M]
  Window window = {};
  bool depthwise = false;
};

constexpr Window kSame{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
constexpr Window kHalf{.stride_h = 2, .stride_w = 2, .pad_bottom = 1, .pad_right = 1};
constexpr Window kUneven{
    .stride_h = 2, .stride_w = 1, .pad_top = 1, .pad_left = 2, .pad_bottom = 0, .pad_right = 1};
constexpr Window kDilated{.dilation_h = 2, .dilation_w = 3, .pad_top = 2, .pad_left = 3};

const std::vector<Case> kDense = {
    {{1, 7, 7, 24}, {40, 1, 1, 24}},
    {{2, 5, 6, 3}, {7, 1, 1, 3}},            // an odd depth, a part of a panel
    {{1, 13, 11, 3}, {16, 3, 3, 3}, kHalf},  // pieces of odd length
    {{2, 9, 10, 5}, {33, 3, 3, 5}, kSame},   // more than two panels
    {{1, 9, 8, 6}, {4, 3, 2, 6}, kUneven},
    {{1, 12, 12, 4}, {18, 3, 3, 4}, kDilated},
    {{1, 60, 3, 96}, {8, 3, 3, 96}, kSame},  // several bands of rows
    {{1, 4, 4, 8}, {64, 4, 4, 8}},           // one window, many outputs
    {{1, 3, 3, 2}, {3, 1, 1, 2}, {.stride_h = 2, .stride_w = 2}},
    {{1, 6, 6, 8}, {10, 3, 3, 4}, kSame},  // two groups of channels
    // Winograd's filtering: whole tiles, ends of tiles, several bands, parts of vectors and panels.
    {{1, 8, 6, 16}, {16, 3, 3, 16}, kSame},
    {{2, 7, 9, 19}, {23, 3, 3, 19}, kSame},
    {{1, 6, 5, 33}, {40, 3, 3, 33}},
    {{1, 61, 60, 24},
     {16, 3, 3, 24},
     {.pad_top = 2, .pad_left = 2, .pad_bottom = 2, .pad_right = 2}},
    {{1, 5, 5, 12}, {12, 1, 1, 3}},  // four
};

const std::vector<Case> kDepthwise = {
    {{1, 9, 10, 16}, {1, 3, 3, 16}, kSame, true},
    {{2, 9, 11, 21}, {1, 3, 3, 21}, kHalf, true},  // channels that fill no vector
    {{1, 12, 9, 8},
     {1, 5, 5, 8},
     {.pad_top = 2, .pad_left = 2, .pad_bottom = 2, .pad_right = 2},
     true},
    {{1, 11, 12, 40},
     {1, 5, 5, 40},
     {.stride_h = 2, .stride_w = 2, .pad_top = 2, .pad_left = 2},
     true},
    {{1, 8, 9, 12}, {1, 3, 2, 12}, kUneven, true},
    {{1, 12, 12, 8}, {1, 3, 3, 8}, kDilated, true},
    {{1, 6, 6, 5}, {1, 3, 3, 15}, kSame, true},  // a multiplier of three
    {{1, 7, 7, 8}, {1, 7, 7, 8}, {}, true},
    {{1, 5, 5, 9}, {1, 1, 1, 9}, {}, true},
};

struct Numbers {
  int most_weight = 127, weight_step = 1;  ///< weights are multiples of the step
  int zero_point = 0;                      ///< of the input
  float output_scale = 1;                  ///< that of the input is 1
  float scale_growth = 0;                  ///< of weights, from channel to channel; the first is 1
  Activation activation = Activation::kNone;
};

/// Returns random multiples of `step` in [-most, most].
std::vector<int8_t> Weights(const Shape& shape, int most, int step) {
  Random random(5);
  std::vector<int8_t> values(static_cast<size_t>(NumElements(shape)));
  for (int8_t& value : values) {
    value = static_cast<int8_t>(random.Integer(-most / step, most / step) * step);
  }
  return values;
}

Graph Build(const Case& c, const Numbers& numbers) {
  const int64_t outputs = c.filter[c.depthwise ? 3 : 0];
  const auto count = static_cast<size_t>(outputs);
  Tensor filter = MakeConstantTensor("filter", c.filter,
                                     Weights(c.filter, numbers.most_weight, numbers.weight_step));
  std::vector<float> scales(count);
  for (size_t o = 0; o < count; ++o) scales[o] = 1 + numbers.scale_growth * static_cast<float>(o);
  filter.quant = {scales, std::vector<int32_t>(count, 0), c.depthwise ? 3 : 0};
  Tensor bias = MakeConstantTensor("bias", {outputs}, std::vector<int32_t>(count, -3));
  bias.quant = filter.quant;
  GraphBuilder b;
  const TensorId x = b.Input("x", c.image, ElementType::kInt8, PerLayer(1, numbers.zero_point));
  const std::vector<TensorId> operands = {x, b.Add(filter), b.Add(bias)};
  const Operator op = c.depthwise ? Operator(DepthwiseConv2D{c.window, numbers.activation})
                                  : Operator(Conv2D{c.window, numbers.activation});
  b.Output(b.Emit(op, operands, "y", ElementType::kInt8, PerLayer(numbers.output_scale, -5)));
  return b.Build();
}

/// Inputs no further than `most` from the zero point.
std::vector<Tensor> Inputs(const Case& c, int zero_point, int most) {
  Random random(9);
  std::vector<int8_t> values(static_cast<size_t>(NumElements(c.image)));
  for (int8_t& value : values) {
    value = static_cast<int8_t>(
        std::clamp<int64_t>(zero_point + random.Integer(-most, most), -128, 127));
  }
  return {MakeConstantTensor("x", c.image, std::move(values))};
}

/// Returns the first letters of what makes a kernel, as its primitive() says.
std::string_view Maker(const Case& c, const Machine& machine) {
  const bool four = machine.exact_int8_dot && DotFunctionHere() != nullptr;
  if (c.depthwise) return four ? "vnni d" : "int16 ";
  if (!machine.exact_int8_dot) return "int16 ";
  const bool by_tiles = HasInt8Tiles() && NumElements(c.filter) / c.filter[0] >= 128;
  const bool ours = machine.unsigned_bytes && machine.prepare == nullptr && four && !by_tiles;
  return ours ? "vnni p" : "onednn";
}

void Check(const Case& c, const Numbers& numbers, int most_input, Machine machine, int steps) {
  const Graph graph = Build(c, numbers);
  std::vector<Tensor> inputs = Inputs(c, numbers.zero_point, most_input);
  inputs[0].quant = graph.tensor(graph.inputs[0]).quant;
  const Prepared prepared(graph, machine);
  REQUIRE(prepared.kernel != nullptr);
  CAPTURE(ToText(c.image), ToText(c.filter), machine.threads, prepared.kernel->primitive());
  CHECK(prepared.kernel->primitive().substr(0, 6) == Maker(c, machine));
  CHECK((!machine.unsigned_bytes || prepared.kernel->HonoursFlips()));
  const auto expected = ToVector<int8_t>(RunReference(graph, inputs).front());
  CHECK_THAT(prepared.Run<int8_t>(inputs), WithinSteps(expected, steps));
}

/// All scales 1 and sums that fit int8: the result is the sum itself.
TEST_CASE("Sums of integer convolutions are exact", "[ops]") {
  for (const auto& cases : {kDense, kDepthwise}) {
    for (const Case& c : cases) {
      for (const int threads : {1, 3}) {
        Check(c, {.most_weight = 1, .zero_point = 11}, 1, {.threads = threads}, 0);
      }
    }
  }
}

/// Every operand as large as can be: a machine that saturates would be far off.
TEST_CASE("Integer convolutions do not saturate", "[ops]") {
  for (const auto& cases : {kDense, kDepthwise}) {
    for (const Case& c : cases) {
      const int64_t terms = NumElements(c.filter) / c.filter[c.depthwise ? 3 : 0];
      const Numbers numbers{.weight_step = 127,
                            .zero_point = 127,
                            .output_scale = 255.0F * static_cast<float>(terms),
                            .activation = Activation::kRelu};
      Check(c, numbers, 255, {}, 1);
    }
  }
}

TEST_CASE("Integer convolutions are within a step of the reference", "[ops]") {
  for (const auto& cases : {kDense, kDepthwise}) {
    for (const Case& c : cases) {
      for (const float scale : {37.7F, 911.3F}) {
        Check(c, {.zero_point = -77, .output_scale = scale}, 127, {}, 1);
        Check(c, {.output_scale = scale, .activation = Activation::kRelu6}, 127, {.threads = 2}, 1);
      }
    }
  }
}

/// oneDNN's integer convolution of a CONV_2D.
std::unique_ptr<Kernel> PrepareByOneDnn(const PrepareContext& context) {
  const Conv2D& conv = *context.node->As<Conv2D>();
  return PrepareOneDnnInt8(
      context,
      {context.inputs[0]->shape, context.inputs[1]->shape, context.outputs[0]->shape, conv.window},
      conv.activation);
}

/// Where oneDNN may not trust this machine it halves weights or saturates: even weights up to 62
/// are the same to it everywhere.
TEST_CASE("Integer convolutions by oneDNN are within a step of the reference", "[ops]") {
  for (const Case& c : kDense) {
    Numbers numbers{.most_weight = 62, .weight_step = 2, .zero_point = 19, .scale_growth = 0.0625F};
    for (const float scale : {37.7F, 911.3F}) {
      numbers.output_scale = scale;
      numbers.activation = Activation::kNone;
      Check(c, numbers, 127, {.exact_int8_dot = true}, 1);
      numbers.activation = Activation::kRelu;
      Check(c, numbers, 127, {.exact_int8_dot = true, .threads = 3}, 1);
      for (const int zero_point : {-128, 19}) {
        numbers.zero_point = zero_point;
        for (const int threads : {1, 3}) {
          Check(c, numbers, 127, {true, threads, true, PrepareByOneDnn}, 1);
        }
      }
    }
  }
}

void CheckExact(const Case& c, Machine machine) {
  Check(c, {.most_weight = 1, .zero_point = 11}, 1, machine, 0);
  Check(c, {.most_weight = 1, .zero_point = -128}, 1, machine, 0);
  const auto terms = static_cast<float>(NumElements(c.filter) / c.filter[c.depthwise ? 3 : 0]);
  for (const int zero_point : {-128, 127}) {
    Check(c, {.weight_step = 127, .zero_point = zero_point, .output_scale = 255 * terms}, 255,
          machine, 1);
  }
  Check(c, {.zero_point = -77, .output_scale = 911.3F, .scale_growth = 0.0625F}, 127, machine, 1);
  Check(c, {.output_scale = 37.7F, .activation = Activation::kRelu6}, 127, machine, 1);
}

/// What the runner says of a machine with VNNI; others take the usual way, but for those that would
/// trip over the instruction.
TEST_CASE("Convolutions with VNNI are exact and do not saturate", "[ops]") {
  if (!HasExactInt8Dot()) return;
  for (const int threads : {1, 2}) {
    for (const Case& c : kDepthwise) {
      CheckExact(c, {.exact_int8_dot = true, .threads = threads});
      CheckExact(c, {.exact_int8_dot = true, .threads = threads, .unsigned_bytes = true});
    }
    for (const Case& c : kDense) {
      CheckExact(c, {.exact_int8_dot = true, .threads = threads, .unsigned_bytes = true});
    }
  }
}

/// Tiles of every height, by one panel, by two and by four.
TEST_CASE("Products of every number of pixels are exact", "[ops]") {
  if (!HasExactInt8Dot()) return;
  for (int64_t pixels = 1; pixels <= 27; ++pixels) {
    for (const int64_t outputs : {5, 16, 48, 75}) {
      const Case c{{1, pixels, 1, 7}, {outputs, 1, 1, 7}};
      Check(c, {.most_weight = 1, .zero_point = 3}, 1, {true, 1, true}, 0);
    }
  }
}

TEST_CASE("Results of more steps than an integer holds are left to others", "[ops]") {
  if (!HasExactInt8Dot()) return;
  const Graph graph = Build(kDense[0], {.output_scale = 1e-7F});
  CHECK(Prepared(graph, {true, 1, true}).kernel->primitive().substr(0, 6) == "onednn");
  CHECK(Prepared(Build(kDepthwise[0], {.output_scale = 1e-7F}), {true, 1, true}).kernel == nullptr);
}

TEST_CASE("Weights with zero points are left to the reference", "[ops]") {
  Graph graph = Build(kDense[0], {});
  graph.tensor(graph.nodes().front().input(1)).quant->zero_points[3] = 1;
  CHECK(Prepared(graph).kernel == nullptr);
}

TEST_CASE("Parameters that a damaged file lacks are left for the reference to name", "[ops]") {
  for (const Case& c : {kDense[0], kDepthwise[0]}) {
    Graph graph = Build(c, {});
    std::optional<QuantParams>& quant = graph.tensor(graph.nodes().front().input(1)).quant;
    quant->scales.resize(quant->scales.size() - 1);
    CHECK(Prepared(graph).kernel == nullptr);
    quant.reset();
    CHECK(Prepared(graph).kernel == nullptr);
  }
}

}  // namespace
}  // namespace qconvert
