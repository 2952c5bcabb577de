#include <string>

#include <catch2/catch.hpp>

#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// Scores of queries that a product computes and keys that are given.
class ScoresBuilder : public GraphBuilder {
 public:
  TensorId product = Emit(
      FullyConnected{}, {Input("x", {5, 8}), Random("w", {4, 8}), Random("bias", {4})}, "product");
  TensorId keys = Input("keys", {2, 5, 2});

  TensorId Heads(TensorId id) {
    return Emit(Transpose{{1, 0, 2}}, {Emit(Reshape{{5, 2, 2}}, {id})}, "heads");
  }
  TensorId Halved(TensorId id) { return Emit(Mul{}, {id, Scalar(0.5F)}, "halved"); }
  TensorId Scores(TensorId q) { return Emit(BatchMatMul{false, true}, {q, keys}, "scores"); }
  bool IsFoldedIn(TensorId scores) {
    Output(Emit(Softmax{}, {scores}, "p"));
    return NodesOf(RunPass(FoldScale, Build(), 1e-6)).find("= Mul(") == std::string::npos;
  }
};

TEST_CASE("A scale of scores goes into the weights of the queries", "[passes]") {
  ScoresBuilder b;
  SECTION("behind the product of both") {
    CHECK(b.IsFoldedIn(b.Halved(b.Scores(b.Heads(b.product)))));
  }
  SECTION("of the queries") { CHECK(b.IsFoldedIn(b.Scores(b.Halved(b.Heads(b.product))))); }
  SECTION("not when the scores are read, too") {
    const TensorId scores = b.Scores(b.Heads(b.product));
    b.Output(scores);
    CHECK_FALSE(b.IsFoldedIn(b.Halved(scores)));
  }
  SECTION("not when the queries are read, too") {
    b.Output(b.product);
    CHECK_FALSE(b.IsFoldedIn(b.Halved(b.Scores(b.Heads(b.product)))));
  }
  SECTION("not into columns of a product that has others") {
    const TensorId half = b.Emit(StridedSlice{{0, 0}, {1, 1}, {5, 2}}, {b.product});
    const TensorId q = b.Emit(Reshape{{1, 5, 2}}, {half});
    CHECK_FALSE(b.IsFoldedIn(b.Halved(b.Scores(q))));
  }
  SECTION("not of another number for each column") {
    const TensorId heads = b.Heads(b.product);
    const TensorId scaled = b.Emit(Mul{}, {heads, b.Random("scales", {2})});
    CHECK_FALSE(b.IsFoldedIn(b.Scores(scaled)));
  }
}

}  // namespace
}  // namespace qconvert
