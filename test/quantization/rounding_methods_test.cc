// What every rounding method keeps to, and stochastic rounding, GPFQ and AdaRound against plain
// loops of their papers.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <catch2/catch.hpp>

#include "lib/math/drawn_number.h"
#include "test/quantization/rounded_layer.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

TEST_CASE("Every rounding method keeps to the limits, of any number of bits", "[quantization]") {
  const int bits = GENERATE(8, 6, 5, 4, 3);
  const int most = (1 << (bits - 1)) - 1;
  for (const RoundingMethod* method : RoundingMethods()) {
    for (const LayerKind& kind : LayerKinds()) {
      INFO(method->name << ", " << kind.name << ", " << bits << " bits");
      const RoundedLayer layer =
          RoundLayer(std::string(method->name), kind, {.bits = bits, .per_channel = bits % 2 == 0},
                     2, {.iterations = 20});
      const auto [low, high] = std::minmax_element(layer.integers.begin(), layer.integers.end());
      CHECK(*low >= -most);
      CHECK(*high <= most);
    }
  }
}

TEST_CASE("Every rounding method gives the same bits for any number of threads", "[quantization]") {
  for (const RoundingMethod* method : RoundingMethods()) {
    for (const LayerKind& kind : LayerKinds()) {
      INFO(method->name << ", " << kind.name);
      const std::string name(method->name);
      const RoundingOptions options{.seed = 3, .iterations = 50};
      const RoundedLayer one = RoundLayer(name, kind, {.bits = 4}, 1, options);
      const RoundedLayer three = RoundLayer(name, kind, {.bits = 4}, 3, options);
      CHECK(one.integers == three.integers);
      CHECK(one.bias_change == three.bias_change);
    }
  }
}

TEST_CASE("Every rounding method rounds affine weights in FULLY_CONNECTED's range",
          "[quantization]") {
  for (const RoundingMethod* method : RoundingMethods()) {
    INFO(method->name);
    const LayerKind kind{"1x1", Conv2D{}, {9, 1, 1, 4}};
    const RoundedLayer layer =
        RoundLayer(std::string(method->name), kind, {.per_channel = false, .asymmetric = true});
    for (size_t o = 0; o < layer.outputs; ++o) {
      for (size_t i = 0; i < layer.patch; ++i) {
        const double moved = layer.Integers(o)[i] - layer.Steps(o, i);
        // By chance a weight moves by up to a step; where others make up for it, by some.
        CHECK(std::abs(moved) < 8);
      }
    }
  }
}

TEST_CASE("Methods that choose by a layer's inputs beat the nearest integers on them",
          "[quantization]") {
  const std::string method = GENERATE("adaround", "gpfq", "gptq");
  for (const LayerKind& kind : LayerKinds()) {
    INFO(method << ", " << kind.name);
    CHECK(RoundLayer(method, kind, {.bits = 4}).SquaredError() <
          RoundLayer("nearest", kind, {.bits = 4}).SquaredError());
  }
}

// Stochastic rounding.

TEST_CASE("Stochastic rounding is up or down, and right on average", "[quantization]") {
  const LayerKind kind{"1x1", Conv2D{}, {9, 1, 1, 4}};
  constexpr int kDraws = 400;
  std::vector<double> sums;
  RoundedLayer layer;
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    layer = RoundLayer("stochastic", kind, {.bits = 4}, 1, {.seed = seed});
    sums.resize(layer.integers.size());
    for (size_t i = 0; i < sums.size(); ++i) {
      const double steps = layer.Steps(i / layer.patch, i % layer.patch);
      REQUIRE(std::abs(layer.integers[i] - steps) < 1 + 1e-6);  // the scale is a float
      sums[i] += layer.integers[i] - steps;
    }
  }
  // A draw's variance is at most 1/4: five standard deviations of the mean.
  for (double sum : sums) CHECK(std::abs(sum / kDraws) < 5 * 0.5 / std::sqrt(kDraws) + 1e-6);
}

// GPFQ, with inputs as they are: no Gram matrices.

/// Returns the patches of one group as columns without their means: [patch][N].
std::vector<std::vector<double>> Columns(const std::vector<float>& patches, size_t patch) {
  std::vector<std::vector<double>> columns(patch);
  for (size_t i = 0; i < patches.size(); ++i) columns[i % patch].push_back(double{patches[i]});
  for (auto& column : columns) {
    const double mean =
        std::accumulate(column.begin(), column.end(), 0.0) / static_cast<double>(column.size());
    for (double& value : column) value -= mean;
  }
  return columns;
}

double Dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// The paper's loop, for one output. `sparse`: threshold in steps.
std::vector<int> PlainGpfq(const RoundedLayer& layer, size_t output, int most, double sparse) {
  const auto x = Columns(layer.own[layer.GroupOf(output)], layer.patch);
  const auto r = Columns(layer.real[layer.GroupOf(output)], layer.patch);
  std::vector<size_t> order(layer.patch);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return Dot(x[a], x[a]) < Dot(x[b], x[b]); });
  std::reverse(order.begin(), order.end());
  std::vector<double> u(x[0].size());
  std::vector<int> integers(layer.patch);
  for (size_t t : order) {
    for (size_t n = 0; n < u.size(); ++n) u[n] += layer.Steps(output, t) * r[t][n];
    const double steps = Dot(x[t], u) / Dot(x[t], x[t]);
    const double q = std::clamp(std::round(steps), -1.0 * most, 1.0 * most);
    integers[t] = std::abs(steps) < sparse ? 0 : static_cast<int>(q);
    for (size_t n = 0; n < u.size(); ++n) u[n] -= integers[t] * x[t][n];
  }
  return integers;
}

TEST_CASE("GPFQ is the loop of its paper, sparse or not", "[quantization]") {
  const double sparsity = GENERATE(0.0, 0.5);
  const int bits = GENERATE(8, 4, 3);
  for (const LayerKind& kind : LayerKinds()) {
    INFO(kind.name << ", " << bits << " bits, sparsity " << sparsity);
    const RoundedLayer layer = RoundLayer("gpfq", kind, {.bits = bits}, 2, {.sparsity = sparsity});
    for (size_t o = 0; o < layer.outputs; ++o) {
      double squares = 0;
      for (size_t i = 0; i < layer.patch; ++i) squares += std::pow(layer.Steps(o, i), 2);
      const double threshold = sparsity * std::sqrt(squares / static_cast<double>(layer.patch));
      CHECK(layer.Integers(o) == PlainGpfq(layer, o, (1 << (bits - 1)) - 1, threshold));
    }
  }
}

TEST_CASE("Sparsity makes weights 0, and chance follows the seed", "[quantization]") {
  const LayerKind kind = LayerKinds().front();
  const auto zeros = [&](double sparsity) {
    const RoundedLayer layer = RoundLayer("gpfq", kind, {.bits = 4}, 1, {.sparsity = sparsity});
    return std::count(layer.integers.begin(), layer.integers.end(), 0);
  };
  CHECK(zeros(0.9) > 2 * zeros(0));
  const auto drawn = [&](uint64_t seed) {
    return RoundLayer("spfq", kind, {.bits = 4}, 1, {.seed = seed}).integers;
  };
  CHECK(drawn(1) == drawn(1));
  CHECK(drawn(1) != drawn(2));
}

// AdaRound, on layers that are small enough to try every choice.

/// Returns the squared error of one output's results on the samples, when the bias is free.
double ErrorOfOutput(const RoundedLayer& layer, size_t output, const std::vector<int>& integers) {
  const auto x = Columns(layer.own[layer.GroupOf(output)], layer.patch);
  const auto r = Columns(layer.real[layer.GroupOf(output)], layer.patch);
  double squares = 0;
  for (size_t n = 0; n < x[0].size(); ++n) {
    double error = 0;
    for (size_t i = 0; i < layer.patch; ++i) {
      error += layer.Steps(output, i) * r[i][n] - integers[i] * x[i][n];
    }
    squares += error * error;
  }
  return squares;
}

/// Returns the least error of all ways to round each weight of an output up or down.
double LeastError(const RoundedLayer& layer, size_t output, int most) {
  double least = INFINITY;
  for (size_t choice = 0; choice < size_t{1} << layer.patch; ++choice) {
    std::vector<int> integers;
    for (size_t i = 0; i < layer.patch; ++i) {
      const double up = std::floor(layer.Steps(output, i)) + ((choice >> i) % 2 == 1 ? 1 : 0);
      integers.push_back(static_cast<int>(std::clamp(up, -1.0 * most, 1.0 * most)));
    }
    least = std::min(least, ErrorOfOutput(layer, output, integers));
  }
  return least;
}

TEST_CASE("AdaRound comes most of the way to the best choice of up and down", "[quantization]") {
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  const LayerKind kind = GENERATE_COPY(LayerKind{"1x1", Conv2D{}, {9, 1, 1, 4}},
                                       LayerKind{"depthwise", DepthwiseConv2D{same}, {1, 3, 3, 8}});
  const RoundedLayer found = RoundLayer("adaround", kind, {.bits = 4});
  const RoundedLayer nearest = RoundLayer("nearest", kind, {.bits = 4});
  double reached = 0, before = 0, best = 0;
  for (size_t o = 0; o < found.outputs; ++o) {
    reached += ErrorOfOutput(found, o, found.Integers(o));
    before += ErrorOfOutput(nearest, o, nearest.Integers(o));
    best += LeastError(found, o, 7);
  }
  INFO(kind.name << ": nearest " << before << ", AdaRound " << reached << ", best " << best);
  CHECK(reached >= best * (1 - 1e-9));
  CHECK(before - reached >= (before - best) / 2);
}

TEST_CASE("AdaRound rounds each weight up or down", "[quantization]") {
  for (const LayerKind& kind : LayerKinds()) {
    const RoundedLayer layer = RoundLayer("adaround", kind, {.bits = 4}, 2, {.iterations = 300});
    for (size_t o = 0; o < layer.outputs; ++o) {
      for (size_t i = 0; i < layer.patch; ++i) {
        CHECK(std::abs(layer.Integers(o)[i] - layer.Steps(o, i)) < 1 + 1e-6);
      }
    }
  }
}

}  // namespace
}  // namespace qconvert
