#include <cmath>

#include <catch2/catch.hpp>

#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// The written-out forms round a few times where the operator rounds once.
constexpr double kRounding = 1e-5;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Fixture {
  GraphBuilder b;
  TensorId x = b.Input("x", {2, 3, 4});
};

TEST_CASE("Clamps are written in one way, and two in a row as one", "[passes]") {
  Fixture f;
  GraphBuilder& b = f.b;
  SECTION("Maximum and Minimum") {
    const TensorId raised = b.Emit(Maximum{}, {b.Scalar(0), f.x});
    b.Output(b.Emit(Minimum{}, {raised, b.Scalar(6)}, "y"));
    CHECK(NodesOf(RunPass(SimplifyClamps, b.Build())) == "y = Relu6(x)\n");
  }
  SECTION("Clip at infinity") {
    b.Output(b.Emit(Clip{0, kInfinity}, {f.x}, "y"));
    CHECK(NodesOf(RunPass(SimplifyClamps, b.Build())) == "y = Relu(x)\n");
  }
  SECTION("Clips that do not overlap") {
    b.Output(b.Emit(Clip{2, 3}, {b.Emit(Clip{-1, 1}, {f.x})}, "y"));
    CHECK(NodesOf(RunPass(SimplifyClamps, b.Build())) == "y = Clip(x) {min 2, max 2}\n");
  }
  SECTION("A clamp that somebody else reads stays") {
    const TensorId first = b.Emit(Clip{-1, 1}, {f.x});
    b.Output(b.Emit(Relu{}, {first}, "y")).Output(first);
    CHECK(RunPass(SimplifyClamps, b.Build()).nodes().size() == 2);
  }
}

TEST_CASE("Activations are fused into their producer", "[passes]") {
  Fixture f;
  GraphBuilder& b = f.b;
  const TensorId sum = b.Emit(Add{}, {f.x, b.Random("c", {4})}, "sum");
  SECTION("Relu") {
    b.Output(b.Emit(Relu{}, {sum}, "y"));
    CHECK(NodesOf(RunPass(FuseActivations, b.Build())) == "y = Add(x, c) {relu}\n");
  }
  SECTION("Clip that is Relu6") {
    b.Output(b.Emit(Clip{0, 6}, {sum}, "y"));
    CHECK(NodesOf(RunPass(FuseActivations, b.Build())) == "y = Add(x, c) {relu6}\n");
  }
  SECTION("not when the sum itself is read") {
    b.Output(b.Emit(Relu{}, {sum}, "y")).Output(sum);
    CHECK(RunPass(FuseActivations, b.Build()).nodes().size() == 2);
  }
  SECTION("not a second time") {
    const TensorId relu = b.Emit(Add{Activation::kRelu}, {sum, f.x}, "relu");
    b.Output(b.Emit(Relu6{}, {relu}, "y"));
    CHECK(Count<Relu6>(RunPass(FuseActivations, b.Build())) == 1);
  }
}

TEST_CASE("HardSwish is recognised in the orders of its factors", "[passes]") {
  Fixture f;
  GraphBuilder& b = f.b;
  const TensorId shifted = b.Emit(Add{}, {f.x, b.Scalar(3)});
  const TensorId clipped = b.Emit(Relu6{}, {shifted});
  const TensorId sixth = b.Scalar(1.0F / 6);
  SECTION("x (clip / 6)") { b.Output(b.Emit(Mul{}, {f.x, b.Emit(Mul{}, {clipped, sixth})}, "y")); }
  SECTION("(x clip) / 6") { b.Output(b.Emit(Mul{}, {b.Emit(Mul{}, {f.x, clipped}), sixth}, "y")); }
  SECTION("(x / 6) clip") { b.Output(b.Emit(Mul{}, {b.Emit(Mul{}, {sixth, f.x}), clipped}, "y")); }
  SECTION("x HardSigmoid(x)") {
    b.Output(b.Emit(Mul{}, {b.Emit(HardSigmoid{1.0F / 6, 0.5F}, {f.x}), f.x}, "y"));
  }
  CHECK(NodesOf(RunPass(RecogniseHardSwish, b.Build(), kRounding)) == "y = HardSwish(x)\n");
}

TEST_CASE("HardSigmoid is recognised with any slope", "[passes]") {
  Fixture f;
  GraphBuilder& b = f.b;
  SECTION("relu6(x + 3) / 6") {
    const TensorId clipped = b.Emit(Relu6{}, {b.Emit(Add{}, {f.x, b.Scalar(3)})});
    b.Output(b.Emit(Mul{}, {clipped, b.Scalar(1.0F / 6)}, "y"));
    const Graph after = RunPass(RecogniseHardSwish, b.Build(), kRounding);
    REQUIRE(after.nodes().size() == 1);
    CHECK(First<HardSigmoid>(after).As<HardSigmoid>()->beta == Approx(0.5));
  }
  SECTION("clip(0.2 x + 0.5, 0, 1)") {
    const TensorId scaled = b.Emit(Mul{}, {f.x, b.Scalar(0.2F)});
    b.Output(b.Emit(Relu0To1{}, {b.Emit(Add{}, {scaled, b.Scalar(0.5F)})}, "y"));
    const Graph after = RunPass(RecogniseHardSwish, b.Build(), kRounding);
    REQUIRE(after.nodes().size() == 1);
    CHECK(First<HardSigmoid>(after).As<HardSigmoid>()->alpha == 0.2F);
  }
  SECTION("but not a mere clamp") {
    b.Output(b.Emit(Relu0To1{}, {f.x}, "y"));
    CHECK(NodesOf(RunPass(RecogniseHardSwish, b.Build())) == "y = Relu0To1(x)\n");
  }
  SECTION("nor another function") {
    const TensorId clipped = b.Emit(Relu6{}, {b.Emit(Add{}, {f.x, b.Scalar(3)})});
    b.Output(b.Emit(Mul{}, {clipped, b.Scalar(0.25F)}, "y"));
    CHECK(Count<HardSigmoid>(RunPass(RecogniseHardSwish, b.Build())) == 0);
  }
}

TEST_CASE("HardSigmoid is lowered to Relu6", "[passes]") {
  Fixture f;
  SECTION("the usual one") {
    f.b.Output(f.b.Emit(HardSigmoid{1.0F / 6, 0.5F}, {f.x}, "y"));
    CHECK(NodesOf(RunPass(LowerHardSigmoid, f.b.Build(), kRounding)) ==
          "y/shifted = Add(x, y/beta)\n"
          "y/clipped = Relu6(y/shifted)\n"
          "y = Mul(y/clipped, y/sixth)\n");
  }
  SECTION("another slope") {
    f.b.Output(f.b.Emit(HardSigmoid{0.2F, 0.5F}, {f.x}, "y"));
    CHECK(Count<Mul>(RunPass(LowerHardSigmoid, f.b.Build(), kRounding)) == 2);
  }
}

TEST_CASE("SiLU is recognised as x times Logistic", "[passes]") {
  Fixture f;
  GraphBuilder& b = f.b;
  const TensorId exp = b.Emit(Exp{}, {b.Emit(Neg{}, {f.x})});
  const TensorId sum = b.Emit(Add{}, {b.Scalar(1), exp});
  SECTION("x / (1 + exp(-x))") {
    b.Output(b.Emit(Div{}, {f.x, sum}, "y"));
    CHECK(NodesOf(RunPass(RecogniseSigmoid, b.Build(), kRounding)) ==
          "y/sigmoid = Logistic(x)\n"
          "y = Mul(x, y/sigmoid)\n");
  }
  SECTION("1 / (1 + exp(-x))") {
    b.Output(b.Emit(Div{}, {b.Scalar(1), sum}, "y"));
    CHECK(NodesOf(RunPass(RecogniseSigmoid, b.Build(), kRounding)) == "y = Logistic(x)\n");
  }
}

TEST_CASE("Gelu is recognised in the orders of its factors", "[passes]") {
  Fixture f;
  GraphBuilder& b = f.b;
  const TensorId argument = b.Emit(Mul{}, {f.x, b.Scalar(std::sqrt(0.5F))});
  const TensorId sum = b.Emit(Add{}, {b.Emit(Erf{}, {argument}), b.Scalar(1)});
  SECTION("0.5 (x (1 + erf))") {
    b.Output(b.Emit(Mul{}, {b.Emit(Mul{}, {f.x, sum}), b.Scalar(0.5F)}, "y"));
  }
  SECTION("(0.5 x) (1 + erf)") {
    b.Output(b.Emit(Mul{}, {b.Emit(Mul{}, {b.Scalar(0.5F), f.x}), sum}, "y"));
  }
  SECTION("x (0.5 (1 + erf))") {
    b.Output(b.Emit(Mul{}, {f.x, b.Emit(Mul{}, {sum, b.Scalar(0.5F)})}, "y"));
  }
  CHECK(NodesOf(RunPass(RecogniseGelu, b.Build(), kRounding)) == "y = Gelu(x)\n");
}

TEST_CASE("Gelu by tanh is recognised in the spellings of its cubic", "[passes]") {
  Fixture f;
  GraphBuilder& b = f.b;
  const auto end = [&](TensorId cubic, float half = 0.5F) {
    const TensorId sum = b.Emit(Add{}, {b.Emit(Tanh{}, {cubic}), b.Scalar(1)});
    b.Output(b.Emit(Mul{}, {b.Emit(Mul{}, {f.x, b.Scalar(half)}), sum}, "y"));
    return NodesOf(RunPass(RecogniseGelu, b.Build(), kRounding));
  };
  const TensorId square = b.Emit(Square{}, {f.x});
  SECTION("0.8 (x + 0.04 x^3)") {
    const TensorId cube = b.Emit(Mul{}, {b.Emit(Mul{}, {square, f.x}), b.Scalar(0.044715F)});
    const TensorId cubic = b.Emit(Mul{}, {b.Emit(Add{}, {f.x, cube}), b.Scalar(0.7978846F)});
    CHECK(end(cubic) == "y = Gelu(x) {approximate}\n");
  }
  SECTION("(0.8 x) (1 + 0.04 x x)") {
    const TensorId scaled = b.Emit(Mul{}, {b.Emit(Mul{}, {f.x, b.Scalar(0.044715F)}), f.x});
    const TensorId sum = b.Emit(Add{}, {b.Scalar(1), scaled});
    const TensorId cubic = b.Emit(Mul{}, {b.Emit(Mul{}, {f.x, b.Scalar(0.7978846F)}), sum});
    CHECK(end(cubic) == "y = Gelu(x) {approximate}\n");
  }
  SECTION("x (0.036 x^2 + 0.8)") {
    const TensorId scaled = b.Emit(Mul{}, {square, b.Scalar(0.03567740814F)});
    const TensorId sum = b.Emit(Add{}, {scaled, b.Scalar(0.7978845608F)});
    CHECK(end(b.Emit(Mul{}, {f.x, sum})) == "y = Gelu(x) {approximate}\n");
  }
  SECTION("not without the cube") {
    const std::string kept = end(b.Emit(Mul{}, {f.x, b.Scalar(0.7978846F)}));
    CHECK(kept.find("Gelu") == std::string::npos);
  }
  SECTION("not with a square as well") {
    const TensorId sum = b.Emit(Add{}, {square, b.Emit(Mul{}, {f.x, b.Scalar(0.7978846F)})});
    const TensorId cube = b.Emit(Mul{}, {square, f.x});
    const TensorId scaled = b.Emit(Mul{}, {cube, b.Scalar(0.035677408F)});
    const std::string kept = end(b.Emit(Add{}, {sum, scaled}));
    CHECK(kept.find("Gelu") == std::string::npos);
  }
  SECTION("not with another factor") {
    const TensorId scaled = b.Emit(Mul{}, {square, b.Scalar(0.03567740814F)});
    const TensorId sum = b.Emit(Add{}, {scaled, b.Scalar(0.7978845608F)});
    CHECK(end(b.Emit(Mul{}, {f.x, sum}), 0.25F).find("Gelu") == std::string::npos);
  }
}

TEST_CASE("Clamps without an operator of their own are lowered", "[passes]") {
  Fixture f;
  GraphBuilder& b = f.b;
  SECTION("from 0") {
    b.Output(b.Emit(Clip{0, 3}, {f.x}, "y"));
    CHECK(NodesOf(RunPass(LowerClip, b.Build())) ==
          "y/relu = Relu(x)\ny = Minimum(y/relu, y/max)\n");
  }
  SECTION("between others") {
    b.Output(b.Emit(Clip{-2, 3}, {f.x}, "y"));
    CHECK(NodesOf(RunPass(LowerClip, b.Build())) ==
          "y/raised = Maximum(x, y/min)\ny = Minimum(y/raised, y/max)\n");
  }
  SECTION("on one side") {
    b.Output(b.Emit(Clip{-2, kInfinity}, {f.x}, "y"));
    CHECK(NodesOf(RunPass(LowerClip, b.Build())) == "y = Maximum(x, y/min)\n");
  }
}

TEST_CASE("Division by a constant becomes a product", "[passes]") {
  Fixture f;
  f.b.Output(f.b.Emit(Div{Activation::kRelu}, {f.x, f.b.Random("d", {4}, 0.5F, 2)}, "y"));
  CHECK(NodesOf(RunPass(LowerDivision, f.b.Build(), kRounding)) ==
        "y = Mul(x, d/reciprocal) {relu}\n");
}

TEST_CASE("Division by zero stays a division", "[passes]") {
  Fixture f;
  f.b.Output(f.b.Emit(Div{}, {f.x, f.b.Scalar(0)}, "y"));
  CHECK(Count<Div>(RunPass(LowerDivision, f.b.Build())) == 1);
}

}  // namespace
}  // namespace qconvert
