#include <algorithm>
#include <limits>

#include <catch2/catch.hpp>

#include "lib/ops/window.h"
#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
const Pad kUneven{{0, 1, 0, 0}, {0, 2, 1, 0}, 0};

TEST_CASE("A Pad of zeros folds into the convolutions that read it", "[passes]") {
  GraphBuilder b;
  const TensorId padded = b.Emit(kUneven, {b.Input("x", {1, 5, 6, 3})});
  const Conv2D conv{{.stride_h = 2, .pad_left = 1}};
  b.Output(b.Emit(conv, {padded, b.Random("w", {2, 3, 3, 3})}, "y"));
  b.Output(b.Emit(DepthwiseConv2D{}, {padded, b.Random("v", {1, 3, 3, 3})}, "z"));
  CHECK(NodesOf(RunPass(FoldPad, b.Build())) ==
        "y = Conv2D(x, w) {stride 2x1, pad 1,1,2,1}\n"
        "z = DepthwiseConv2D(x, v) {pad 1,0,2,1}\n");
}

TEST_CASE("A Pad that never wins folds into max pooling", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 6, 3});
  const MaxPool2D pool{3, 3, {.stride_h = 2, .stride_w = 2}};
  Pad pad = kUneven;
  SECTION("of the lowest number") {
    pad.value = kLowest;
    b.Output(b.Emit(pool, {b.Emit(pad, {x})}, "y"));
    CHECK(Count<Pad>(RunPass(FoldPad, b.Build())) == 0);
  }
  SECTION("of 0 behind a Relu") {
    b.Output(b.Emit(pool, {b.Emit(pad, {b.Emit(Relu{}, {x})})}, "y"));
    CHECK(Count<Pad>(RunPass(FoldPad, b.Build())) == 0);
  }
  SECTION("not of 0 where elements may be negative") {
    b.Output(b.Emit(pool, {b.Emit(pad, {x})}, "y"));
    CHECK(Count<Pad>(RunPass(FoldPad, b.Build())) == 1);
  }
  SECTION("not where a window would see padding only") {
    pad = Pad{{0, 3, 0, 0}, {0, 0, 0, 0}, kLowest};
    b.Output(b.Emit(pool, {b.Emit(pad, {x})}, "y"));
    CHECK(Count<Pad>(RunPass(FoldPad, b.Build())) == 1);
  }
}

TEST_CASE("A Pad stays in front of what counts it", "[passes]") {
  GraphBuilder b;
  const TensorId padded = b.Emit(kUneven, {b.Input("x", {1, 5, 6, 3})});
  b.Output(b.Emit(AveragePool2D{2, 2, {}}, {padded}));
  CHECK(Count<Pad>(RunPass(FoldPad, b.Build())) == 1);
}

TEST_CASE("A Pad of channels or of another number stays", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 6, 3});
  const TensorId channels = b.Emit(Pad{{0, 0, 0, 1}, {0, 0, 0, 0}, 0}, {x});
  const TensorId ones = b.Emit(Pad{{0, 1, 0, 0}, {0, 0, 0, 0}, 1}, {x});
  b.Output(b.Emit(Conv2D{}, {channels, b.Random("w", {2, 1, 1, 4})}));
  b.Output(b.Emit(Conv2D{}, {ones, b.Random("v", {2, 1, 1, 3})}));
  CHECK(Count<Pad>(RunPass(FoldPad, b.Build())) == 2);
}

TEST_CASE("Pads that TFLite has no name for become explicit", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 3});
  const Window even{
      .stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  SECTION("of a convolution") {
    b.Output(b.Emit(Conv2D{even}, {x, b.Random("w", {2, 3, 3, 3})}, "y"));
    CHECK(NodesOf(RunPass(ExpandPadding, b.Build())) ==
          "y/padded = Pad(x) {before [0,1,1,0], after [0,1,1,0], value 0}\n"
          "y = Conv2D(y/padded, w) {stride 2x2}\n");
  }
  SECTION("of max pooling") {
    b.Output(b.Emit(MaxPool2D{3, 3, even}, {x}, "y"));
    const Graph after = RunPass(ExpandPadding, b.Build());
    CHECK(First<Pad>(after).As<Pad>()->value == kLowest);
  }
  SECTION("but not SAME") {
    Window same = even;
    same.pad_top = same.pad_left = 0;
    b.Output(b.Emit(MaxPool2D{3, 3, same}, {x}, "y"));
    CHECK(Count<Pad>(RunPass(ExpandPadding, b.Build())) == 0);
  }
}

TEST_CASE("An explicit pad of a quantized tensor is its lowest number", "[passes]") {
  GraphBuilder b;
  const QuantParams params = PerLayer(0.5F, 10);
  const TensorId x = b.Input("x", {1, 6, 6, 3}, ElementType::kInt8, params);
  const MaxPool2D pool{
      3,
      3,
      {.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1}};
  b.Output(b.Emit(pool, {x}, "y", ElementType::kInt8, params));
  const Graph before = b.Build();
  Graph after = before;
  ExpandPadding(after);
  CHECK(First<Pad>(after).As<Pad>()->value == -69);
  CHECK(after.tensor(First<Pad>(after).output()).quant == params);
  const auto inputs = RandomInputs(before, 4);
  CHECK(ToVector<int8_t>(RunReference(after, inputs)[0]) ==
        ToVector<int8_t>(RunReference(before, inputs)[0]));
}

TEST_CASE("A transposed convolution is cropped after it", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 2});
  const TransposeConv2D conv{{.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1}, 8, 8};
  b.Output(b.Emit(conv, {x, b.Random("w", {3, 3, 3, 2})}, "y"));
  CHECK(NodesOf(RunPass(ExpandPadding, b.Build())) ==
        "y/full = TransposeConv2D(x, w) {stride 2x2, output 9x9}\n"
        "y = StridedSlice(y/full) {begin [0,1,1,0], stride [1,1,1,1], size [1,8,8,3]}\n");
}

/// x -> TransposeConv2D along W, with a bias, which is what the result holds beyond the filters.
Graph TransposedRow(int64_t input, int64_t filter, int stride, int before, int output) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 1, input, 2});
  const TransposeConv2D conv{{.stride_w = stride, .pad_left = before}, 1, output};
  return b.Output(b.Emit(conv, {x, b.Random("w", {2, 1, filter, 2}), b.Random("bias", {2})}, "y"))
      .Build();
}

TEST_CASE("A transposed convolution gets a size that TFLite's padding leads back from",
          "[passes]") {
  for (const int64_t input : {1, 2, 4}) {
    for (const int64_t filter : {1, 2, 3, 4}) {
      for (const int stride : {1, 2, 3}) {
        const int reached = static_cast<int>((input - 1) * stride + filter);
        for (int output = 1; output <= reached + 2 * stride + 1; ++output) {
          for (int before = 0; before <= std::max(reached - output, 0); ++before) {
            INFO(input << " pixels, filter " << filter << ", stride " << stride << ", cropped by "
                       << before << " to " << output);
            const Graph after =
                RunPass(ExpandPadding, TransposedRow(input, filter, stride, before, output));
            const Node& node = First<TransposeConv2D>(after);
            const auto& conv = *node.As<TransposeConv2D>();
            const Shape& from = after.tensor(node.input(0)).shape;
            const Shape& weights = after.tensor(node.input(1)).shape;
            CHECK(
                (IsTransposedValid(conv, from, weights) || IsTransposedSame(conv, from, weights)));
          }
        }
      }
    }
  }
}

TEST_CASE("A transposed convolution of an odd side is cropped or padded", "[passes]") {
  CHECK(NodesOf(RunPass(ExpandPadding, TransposedRow(8, 4, 2, 1, 17))) ==
        "y/full = TransposeConv2D(x, w, bias) {stride 1x2, output 1x18}\n"
        "y = StridedSlice(y/full) {begin [0,0,1,0], stride [1,1,1,1], size [1,1,17,2]}\n");
  CHECK(NodesOf(RunPass(ExpandPadding, TransposedRow(4, 2, 2, 0, 11))) ==
        "y/padded = Pad(x) {before [0,0,0,0], after [0,0,1,0], value 0}\n"
        "y = TransposeConv2D(y/padded, w, bias) {stride 1x2, output 1x11}\n");
}

TEST_CASE("Average pooling with other pads is corrected where it counts them", "[passes]") {
  GraphBuilder b;
  const AveragePool2D pool{
      3, 2, {.stride_h = 2, .pad_top = 1, .pad_left = 1, .pad_bottom = 1}, Activation::kRelu};
  b.Output(b.Emit(pool, {b.Input("x", {2, 6, 5, 3})}, "y"));
  const Graph after = RunPass(LowerAveragePool, b.Build(), 1e-6);
  CHECK(NodesOf(after) ==
        "y/padded = Pad(x) {before [0,1,1,0], after [0,1,0,0], value 0}\n"
        "y/mean = AveragePool2D(y/padded) {filter 3x2, stride 2x1}\n"
        "y = Mul(y/mean, y/corrections) {relu}\n");
}

}  // namespace
}  // namespace qconvert
