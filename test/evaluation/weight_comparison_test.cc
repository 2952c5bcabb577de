#include "lib/evaluation/weight_comparison.h"

#include <cmath>
#include <numeric>

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

constexpr int64_t kRows = 4, kColumns = 16;

/// y = x W with one scale per row of W, or with float weights.
Graph Product(bool integer) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, kColumns});
  TensorId w = b.Random("w", {kRows, kColumns});
  if (integer) {
    const auto reals = b.tensor(w).Values<float>();
    std::vector<int8_t> steps;
    for (size_t i = 0; i < reals.size(); ++i) {
      const float scale = 0.01F * static_cast<float>(1 + i / kColumns);
      steps.push_back(static_cast<int8_t>(std::lround(reals[i] / scale)));
    }
    Tensor tensor = MakeConstantTensor("w8", {kRows, kColumns}, std::move(steps));
    tensor.quant = QuantParams{{0.01F, 0.02F, 0.03F, 0.04F}, {0, 0, 0, 0}, 0};
    w = b.Add(std::move(tensor));
  }
  return b.Output(b.Emit(FullyConnected{}, {x, w}, "y")).Build();
}

TEST_CASE("Weights are compared in real units, with the scale of each channel", "[evaluation]") {
  const auto weights = CompareWeights(Product(false), Product(true));
  REQUIRE(weights.size() == 1);
  const WeightComparison& layer = weights.begin()->second;
  // Rounding errors are at most half a step of 0.04, and so evenly spread below it.
  CHECK(layer.errors.count() == kRows * kColumns);
  CHECK(layer.errors.largest_error() <= 0.02 + 1e-6);
  CHECK(layer.errors.largest_error() > 0.01);
  CHECK(layer.min >= -1);
  CHECK(layer.max <= 1);
  const auto& bins = layer.histogram.reference;
  CHECK(std::accumulate(bins.begin(), bins.end(), uint64_t{0}) == kRows * kColumns);
}

TEST_CASE("Layers that another operator computes have no weights to compare", "[evaluation]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, kRows});
  const Graph other = b.Output(b.Emit(Relu{}, {x}, "y")).Build();
  CHECK(CompareWeights(Product(false), other).empty());
}

}  // namespace
}  // namespace qconvert
