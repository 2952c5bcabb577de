// The model's own quantization as arithmetic, which must give the same numbers to the last bit.
#include <catch2/catch.hpp>

#include "lib/passes/choose_layouts.h"
#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

const QuantParams kSymmetric = PerLayer(0.03F, 0);
const QuantParams kChannels = {{0.01F, 0.02F, 0.04F}, {-3, 0, 90}, 1};

TEST_CASE("A pair becomes a rounding without integers", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 3, 4});
  const TensorId q = b.Emit(QuantizeLinear{.quant = PerLayer(0.03F, 5)}, {x}, "q");
  b.Output(b.Emit(DequantizeLinear{PerLayer(0.03F, 5)}, {q}, "y"));
  Graph lowered = RunPass(LowerQuantization, b.Build());
  DropDead(lowered);
  CHECK(NodesOf(lowered) ==
        "q/ratio = Div(x, q/scale)\n"
        "q/at_least = Maximum(q/ratio, q/lowest)\n"
        "q/at_most = Minimum(q/at_least, q/highest)\n"
        "q/steps = Round(q/at_most)\n"
        "y = Mul(q/steps, y/scale)\n");
}

TEST_CASE("Integers that somebody else reads are what they are", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 3, 4});
  SECTION("as a result, without a zero point") {
    b.Output(b.Emit(QuantizeLinear{.quant = kSymmetric}, {x}, "q"));
    CHECK(
        NodesOf(RunPass(LowerQuantization, b.Build())).ends_with("q = Cast(q/steps) {to int8}\n"));
  }
  SECTION("as uint8") {
    b.Output(b.Emit(QuantizeLinear{PerLayer(0.03F, 130), 0, 255, ElementType::kUInt8}, {x}, "q"));
    CHECK(Count<Add>(RunPass(LowerQuantization, b.Build())) == 1);
  }
  SECTION("by a Cast and a DequantizeLinear") {
    const TensorId q = b.Emit(QuantizeLinear{.quant = kChannels}, {x}, "q");
    b.Output(b.Emit(Cast{ElementType::kFloat32}, {q}, "number"));
    b.Output(b.Emit(DequantizeLinear{kChannels}, {q}, "y"));
    CHECK(Count<Cast>(RunPass(LowerQuantization, b.Build())) == 2);
  }
  SECTION("by a Transpose") {
    const TensorId q = b.Emit(QuantizeLinear{.quant = kChannels}, {x}, "q");
    const TensorId moved = b.Emit(Transpose{{1, 0, 2}}, {q}, "moved");
    b.Output(b.Emit(DequantizeLinear{{kChannels.scales, kChannels.zero_points, 0}}, {moved}, "y"));
    CHECK(Count<Sub>(RunPass(LowerQuantization, b.Build())) == 1);
  }
  SECTION("with other parameters than they were made with") {
    const TensorId q = b.Emit(QuantizeLinear{.quant = kSymmetric}, {x}, "q");
    b.Output(b.Emit(DequantizeLinear{PerLayer(0.5F, 0)}, {q}, "y"));
    CHECK(Count<Cast>(RunPass(LowerQuantization, b.Build())) == 2);
  }
}

TEST_CASE("Layouts pass through quantization, whose channels move along", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 5, 3});
  const TensorId nchw = b.Emit(Transpose{{0, 3, 1, 2}}, {x}, "nchw");
  const TensorId q = b.Emit(QuantizeLinear{.quant = kChannels}, {nchw}, "q");
  const TensorId y = b.Emit(DequantizeLinear{kChannels}, {q}, "y");
  b.Output(b.Emit(Transpose{{0, 2, 3, 1}}, {y}, "nhwc"));
  const Graph after = RunPass(CancelTransposes, b.Build());
  CHECK(Count<Transpose>(after) == 0);
  CHECK(First<QuantizeLinear>(after).As<QuantizeLinear>()->quant.axis == 3);
  CHECK(First<DequantizeLinear>(after).As<DequantizeLinear>()->quant.axis == 3);
}

TEST_CASE("Weights behind a DequantizeLinear become constants of any size", "[passes]") {
  constexpr int64_t kMany = 1 << 19;  // more floats than a Tile may make
  GraphBuilder b;
  const std::vector<int8_t> ones(kMany, 1);
  const TensorId w = b.Emit(DequantizeLinear{PerLayer(0.5F, -1)},
                            {b.Constant<int8_t>("w", {1, kMany}, ones)}, "real");
  b.Output(b.Emit(FullyConnected{}, {b.Input("x", {1, kMany}), w}, "y"));
  CHECK(NodesOf(RunPass(FoldConstants, b.Build())) == "y = FullyConnected(x, real)\n");
}

}  // namespace
}  // namespace qconvert
