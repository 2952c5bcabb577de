#include "lib/quantization/sensitive_nodes.h"

#include <catch2/catch.hpp>

#include "lib/quantization/normalizations.h"
#include "lib/quantization/residual_sums.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// Returns the kinds of a graph's normalizing nodes, in order.
std::string Normalizing(const Graph& graph) {
  const std::set<const Node*> nodes = FindNormalizations(graph);
  std::string kinds;
  for (const Node& node : graph.nodes()) {
    if (nodes.count(&node) == 0) continue;
    kinds += (kinds.empty() ? "" : " ") + std::string(node.kind());
  }
  return kinds;
}

/// What a normalization stands between: a tensor that is computed, and one that reads it.
class NormBuilder : public GraphBuilder {
 public:
  TensorId x = Emit(Tanh{}, {Input("x", {4, 8})});
  TensorId mean = Emit(Mean{{1}, true}, {x});
  TensorId centred = Emit(Sub{}, {x, mean});

  TensorId Bounded(TensorId squares) {
    return Emit(qconvert::Add{}, {Emit(Mean{{1}, true}, {squares}), Scalar(1e-5F)});
  }
  Graph End(TensorId y) { return Output(Emit(Tanh{}, {y})).Build(); }
};

TEST_CASE("Normalizations are found in every spelling", "[quantization]") {
  NormBuilder b;
  SECTION("as LayerNormalization becomes") {
    const TensorId root = b.Emit(Rsqrt{}, {b.Bounded(b.Emit(SquaredDifference{}, {b.x, b.mean}))});
    const TensorId y = b.Emit(Mul{}, {b.centred, root});
    const TensorId scaled = b.Emit(Mul{}, {b.Emit(Reshape{{32}}, {y}), b.Random("g", {32})});
    const Graph graph = b.End(b.Emit(Add{}, {scaled, b.Random("b", {32})}));
    CHECK(Normalizing(graph) == "Mean Sub SquaredDifference Mean Add Rsqrt Mul Reshape Mul Add");
  }
  SECTION("written out, with Div") {
    const TensorId root = b.Emit(Sqrt{}, {b.Bounded(b.Emit(Square{}, {b.centred}))});
    const Graph graph = b.End(b.Emit(Div{}, {b.centred, root}));
    CHECK(Normalizing(graph) == "Mean Sub Square Mean Add Sqrt Div");
  }
  SECTION("with epsilon beside the deviation, and a reciprocal") {
    const TensorId root = b.Emit(Sqrt{}, {b.Emit(Mean{{1}, true}, {b.Emit(Mul{}, {b.x, b.x})})});
    const TensorId inverse = b.Emit(Div{}, {b.Scalar(1), b.Emit(Add{}, {root, b.Scalar(1e-5F)})});
    const Graph graph = b.End(b.Emit(Mul{}, {b.x, inverse}));
    CHECK(Normalizing(graph) == "Mul Mean Sqrt Add Div Mul");
  }
  SECTION("by the mean of squares less the square of the mean") {
    const TensorId squares = b.Emit(Mean{{1}, true}, {b.Emit(Square{}, {b.x})});
    const TensorId variance = b.Emit(Sub{}, {squares, b.Emit(Mul{}, {b.mean, b.mean})});
    const TensorId root = b.Emit(Sqrt{}, {b.Emit(Add{}, {variance, b.Scalar(1e-5F)})});
    const Graph graph = b.End(b.Emit(Div{}, {b.centred, root}));
    CHECK(Normalizing(graph) == "Mean Sub Square Mean Mul Sub Add Sqrt Div");
  }
  SECTION("with the scale in front of the division") {
    const TensorId scaled = b.Emit(Mul{}, {b.Random("g", {8}), b.centred});
    const TensorId root = b.Emit(Sqrt{}, {b.Bounded(b.Emit(Square{}, {b.centred}))});
    const Graph graph = b.End(b.Emit(Div{}, {scaled, root}));
    CHECK(Normalizing(graph) == "Mean Sub Mul Square Mean Add Sqrt Div");
  }
  SECTION("by a norm") {
    const TensorId norm = b.Emit(Sqrt{}, {b.Emit(Sum{{1}, true}, {b.Emit(Square{}, {b.x})})});
    const TensorId bounded = b.Emit(Maximum{}, {norm, b.Scalar(1e-12F)});
    const Graph graph = b.End(b.Emit(Div{}, {b.x, bounded}));
    CHECK(Normalizing(graph) == "Square Sum Sqrt Maximum Div");
  }
  SECTION("with the scale in the reciprocal, and an offset that holds the mean") {
    const TensorId root = b.Emit(Rsqrt{}, {b.Bounded(b.Emit(SquaredDifference{}, {b.x, b.mean}))});
    const TensorId factor = b.Emit(Mul{}, {root, b.Random("g", {8})});
    const TensorId product = b.Emit(Mul{}, {b.x, factor});
    const TensorId offset = b.Emit(Sub{}, {b.Random("b", {8}), b.Emit(Mul{}, {b.mean, factor})});
    const Graph graph = b.End(b.Emit(Add{}, {product, offset}));
    CHECK(Normalizing(graph) == "Mean Sub SquaredDifference Mean Add Rsqrt Mul Mul Mul Sub Add");
  }
}

TEST_CASE("A move of the network's input is part of the normalization that reads it",
          "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Emit(Reshape{{4, 8}}, {b.Input("x", {32})});
  const TensorId square = b.Emit(Mean{{1}, true}, {b.Emit(Square{}, {x})});
  b.Output(b.Emit(Div{}, {x, b.Emit(Sqrt{}, {square})}));
  CHECK(Normalizing(b.Build()) == "Reshape Square Mean Sqrt Div");
}

TEST_CASE("Roots and variances that divide nothing are no normalization", "[quantization]") {
  NormBuilder b;
  const TensorId variance = b.Bounded(b.Emit(Square{}, {b.centred}));
  SECTION("a variance alone") { CHECK(Normalizing(b.End(variance)).empty()); }
  SECTION("a deviation that multiplies") {
    const TensorId root = b.Emit(Sqrt{}, {variance});
    CHECK(Normalizing(b.End(b.Emit(Mul{}, {b.x, root}))).empty());
  }
  SECTION("a deviation that is divided") {
    const TensorId root = b.Emit(Sqrt{}, {variance});
    CHECK(Normalizing(b.End(b.Emit(Div{}, {root, b.x}))).empty());
  }
  SECTION("the root of something else") {
    const TensorId root = b.Emit(Sqrt{}, {b.Emit(Add{}, {b.mean, b.Scalar(1)})});
    CHECK(Normalizing(b.End(b.Emit(Div{}, {b.x, root}))).empty());
  }
}

/// Returns the names of a graph's residual sums, in order.
std::string Residual(const Graph& graph) {
  const std::set<const Node*> nodes = FindResidualSums(graph, FindNormalizations(graph));
  std::string names;
  for (const Node& node : graph.nodes()) {
    if (nodes.count(&node) != 0) names += (names.empty() ? "" : " ") + node.name;
  }
  return names;
}

/// Ends a graph with a normalization of `x` by its norm.
Graph EndNormalized(GraphBuilder& b, TensorId x) {
  const TensorId square = b.Emit(Mean{{1}, true}, {b.Emit(Square{}, {x})});
  return b.Output(b.Emit(Tanh{}, {b.Emit(Div{}, {x, b.Emit(Sqrt{}, {square})})})).Build();
}

TEST_CASE("Sums that a normalization reads stay float, and what only they read", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Emit(Tanh{}, {b.Input("x", {3, 8})}, "x");
  const TensorId token = b.Random("token", {1, 8});
  SECTION("a stream of sums, one of which is read by an integer node, too") {
    const TensorId joined = b.Emit(Concat{0}, {token, x}, "joined");
    const TensorId placed = b.Emit(Add{}, {joined, b.Random("places", {4, 8})}, "placed");
    const TensorId first = b.Emit(Add{}, {placed, b.Emit(Tanh{}, {placed})}, "first");
    const TensorId moved = b.Emit(Reshape{{4, 8}}, {first}, "moved");
    CHECK(Residual(EndNormalized(b, moved)) == "first");
  }
  SECTION("what only sums read") {
    const TensorId joined = b.Emit(Concat{0}, {token, x}, "joined");
    const TensorId placed = b.Emit(Add{}, {joined, b.Random("places", {4, 8})}, "placed");
    const TensorId other = b.Emit(Logistic{}, {b.Input("other", {4, 8})});
    const TensorId sum = b.Emit(Add{}, {placed, other}, "sum");
    CHECK(Residual(EndNormalized(b, sum)) == "joined placed sum");
  }
  SECTION("rolled windows of an integer node stay integer, those of a sum do not") {
    const auto roll = [&](TensorId id, const std::string& name) {
      const TensorId front = b.Emit(StridedSlice{{0, 0}, {1, 1}, {1, 8}}, {id});
      const TensorId back = b.Emit(StridedSlice{{1, 0}, {1, 1}, {2, 8}}, {id});
      return b.Emit(Concat{0}, {back, front}, name);
    };
    const TensorId sum = b.Emit(Add{}, {roll(x, "rolled integers"), b.Input("y", {3, 8})}, "sum");
    CHECK(Residual(EndNormalized(b, roll(sum, "rolled sum"))) == "sum rolled sum");
  }
  SECTION("sums that nothing normalizes are none") {
    const TensorId sum = b.Emit(Add{}, {x, token}, "sum");
    CHECK(Residual(b.Output(b.Emit(Tanh{}, {sum})).Build()).empty());
  }
}

/// The exceptions that a graph gets when every tensor has the range that its name is given.
PrecisionPlan Kept(const Graph& graph, const std::vector<std::pair<std::string, Range>>& ranges) {
  Ranges by_id(static_cast<size_t>(graph.tensor_count()));
  for (const auto& [name, range] : ranges) {
    by_id[static_cast<size_t>(graph.FindTensor(name))] = range;
  }
  PrecisionPlan plan;
  KeepSensitiveFloat(graph, by_id, plan);
  return plan;
}

TEST_CASE("What adds a mask for LogSoftmax stays float, as far as masked values reach",
          "[quantization]") {
  GraphBuilder b;
  const TensorId s = b.Emit(Tanh{}, {b.Input("x", {4, 8})}, "s");
  const TensorId first = b.Emit(Add{}, {s, b.Random("bias", {8})}, "first");
  const TensorId second = b.Emit(Add{}, {first, b.Input("mask", {8})}, "second");
  b.Output(b.Emit(LogSoftmax{}, {second}));
  const Graph graph = b.Build();
  const auto kept = Kept(graph, {{"first", {-2, 2}}, {"second", {-10002, 2}}}).exceptions;
  REQUIRE(kept.size() == 1);
  CHECK(kept.begin()->first == "second");
  CHECK(kept.begin()->second.reason.find("masks them") != std::string::npos);
  CHECK(Kept(graph, {{"first", {-2, 2}}, {"second", {-50, 2}}}).exceptions.empty());
}

TEST_CASE("A Pad stays float when its value lies outside of its operand's range",
          "[quantization]") {
  GraphBuilder b;
  const TensorId p = b.Emit(Logistic{}, {b.Input("x", {2, 2})}, "p");
  b.Output(b.Emit(Pad{{1, 0}, {0, 0}, 1}, {p}, "one"));
  b.Output(b.Emit(Pad{{1, 0}, {0, 0}, -1}, {p}, "minus"));
  const TensorId t = b.Emit(Tanh{}, {b.Input("z", {2, 2})}, "t");
  const TensorId f = b.Emit(Neg{}, {t}, "f");
  b.Output(b.Emit(Pad{{1, 0}, {0, 0}, -7}, {f}, "inside"));
  const Graph graph = b.Output(b.Emit(Pad{{1, 0}, {0, 0}, -1e9F}, {f}, "far")).Build();
  const auto kept = Kept(graph, {{"p", {0, 0.5F}}, {"f", {-7, 1}}}).exceptions;
  CHECK(kept.size() == 2);
  CHECK(kept.count("minus") == 1);  // probabilities have fixed parameters, from 0 to 255/256
  CHECK(kept.count("far") == 1);
}

TEST_CASE("What was named by --exclude keeps that reason", "[quantization]") {
  GraphBuilder b;
  const TensorId f = b.Emit(Neg{}, {b.Input("x", {2, 2})}, "f");
  const Graph graph = b.Output(b.Emit(Pad{{1, 0}, {0, 0}, 99}, {f}, "far")).Build();
  Ranges ranges(static_cast<size_t>(graph.tensor_count()), Range{-1, 1});
  PrecisionPlan plan;
  KeepFloat(graph, "far", plan);
  KeepSensitiveFloat(graph, ranges, plan);
  CHECK(plan.exceptions.at("far").reason == "named by --exclude");
}

}  // namespace
}  // namespace qconvert
