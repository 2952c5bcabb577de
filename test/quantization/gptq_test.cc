// GPTQ against its paper: a plain loop of the algorithm with explicit inverses, and exhaustive
// search.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <catch2/catch.hpp>

#include "test/quantization/rounded_layer.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// Inverts by Gauss and Jordan, pivots on the diagonal.
Matrix Inverse(Matrix a) {
  const size_t n = a.size();
  Matrix inverse(n, std::vector<double>(n));
  for (size_t i = 0; i < n; ++i) inverse[i][i] = 1;
  for (size_t p = 0; p < n; ++p) {
    const double pivot = a[p][p];
    for (size_t j = 0; j < n; ++j) a[p][j] /= pivot, inverse[p][j] /= pivot;
    for (size_t i = 0; i < n; ++i) {
      if (i == p) continue;
      const double factor = a[i][p];
      for (size_t j = 0; j < n; ++j) {
        a[i][j] -= factor * a[p][j];
        inverse[i][j] -= factor * inverse[p][j];
      }
    }
  }
  return inverse;
}

/// The algorithm as Frantar et al. write it (section 3.1): the weight whose inputs vary most of
/// those left is rounded; the others move by -(w_p - q_p) / [H^-1]_pp [H^-1]_:p; H loses its row.
std::vector<int> PlainGptq(const Matrix& h, std::vector<double> weights, int limit) {
  std::vector<size_t> left(weights.size());
  std::iota(left.begin(), left.end(), size_t{0});
  std::vector<int> integers(weights.size());
  while (!left.empty()) {
    size_t p = 0;
    for (size_t i = 1; i < left.size(); ++i) {
      if (h[left[i]][left[i]] >= h[left[p]][left[p]]) p = i;
    }
    Matrix remaining;
    for (size_t i : left) {
      remaining.emplace_back();
      for (size_t j : left) remaining.back().push_back(h[i][j]);
    }
    const Matrix inverse = Inverse(remaining);
    double& w = weights[left[p]];
    const double q = std::clamp(std::round(w), -1.0 * limit, 1.0 * limit);
    integers[left[p]] = static_cast<int>(q);
    for (size_t i = 0; i < left.size(); ++i) {
      if (i != p) weights[left[i]] -= (w - q) / inverse[p][p] * inverse[i][p];
    }
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(p));
  }
  return integers;
}

/// The damped covariance of a layer's inputs and its real weights that fit best, from the patches.
struct PlainProblem {
  Matrix h;
  std::vector<double> target;  // in steps
};

PlainProblem ProblemOf(const RoundedLayer& layer, size_t output) {
  const size_t n = layer.patch, group = layer.GroupOf(output);
  const std::vector<float>&x = layer.own[group], &r = layer.real[group];
  const auto count = static_cast<double>(x.size() / n);
  std::vector<double> own_mean(n), real_mean(n);
  for (size_t p = 0; p < x.size(); ++p) {
    own_mean[p % n] += double{x[p]} / count;
    real_mean[p % n] += double{r[p]} / count;
  }
  Matrix h(n, std::vector<double>(n)), g = h;
  double trace = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      for (size_t p = 0; p < x.size(); p += n) {
        const double deviation = double{x[p + i]} - own_mean[i];
        h[i][j] += deviation * (double{x[p + j]} - own_mean[j]) / count;
        g[i][j] += deviation * (double{r[p + j]} - real_mean[j]) / count;
      }
    }
    trace += h[i][i];
  }
  std::vector<double> wanted(n);
  const double damping =
      std::max(0.01, static_cast<double>(n) / count) * trace / static_cast<double>(n);
  for (size_t i = 0; i < n; ++i) {
    h[i][i] += damping;
    g[i][i] += damping;
    for (size_t j = 0; j < n; ++j) wanted[i] += g[i][j] * layer.Steps(output, j);
  }
  const Matrix inverse = Inverse(h);
  std::vector<double> target(n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) target[i] += inverse[i][j] * wanted[j];
  }
  return {h, target};
}

TEST_CASE("GPTQ is the algorithm of its paper", "[quantization]") {
  const int bits = GENERATE(8, 6, 5, 4, 3);
  for (const LayerKind& kind : LayerKinds()) {
    for (const bool per_channel : {true, false}) {
      INFO(kind.name << ", " << bits << " bits, per channel " << per_channel);
      const RoundedLayer layer =
          RoundLayer("gptq", kind, {.bits = bits, .per_channel = per_channel});
      for (size_t o = 0; o < layer.outputs; ++o) {
        const PlainProblem problem = ProblemOf(layer, o);
        CHECK(layer.Integers(o) == PlainGptq(problem.h, problem.target, (1 << (bits - 1)) - 1));
      }
    }
  }
}

TEST_CASE("GPTQ's biases give back the float network's means", "[quantization]") {
  for (const LayerKind& kind : LayerKinds()) {
    INFO(kind.name);
    const RoundedLayer layer = RoundLayer("gptq", kind, {.bits = 4});
    for (size_t o = 0; o < layer.outputs; ++o) {
      const size_t group = layer.GroupOf(o);
      double change = 0, magnitude = 0;
      for (size_t p = 0; p < layer.own[group].size(); ++p) {
        const size_t i = p % layer.patch;
        const double before = layer.Steps(o, i) * double{layer.real[group][p]};
        const double after = layer.Integers(o)[i] * double{layer.own[group][p]};
        change += before - after;
        magnitude += std::abs(before) + std::abs(after);
      }
      const double step = layer.scales[o] * static_cast<double>(layer.patch) /
                          static_cast<double>(layer.own[group].size());
      CHECK(std::abs(double{layer.bias_change[o]} - change * step) <= 0x1p-22 * magnitude * step);
    }
  }
}

TEST_CASE("GPTQ's error on its samples is less than that of the nearest integers",
          "[quantization]") {
  for (const LayerKind& kind : LayerKinds()) {
    INFO(kind.name);
    CHECK(RoundLayer("gptq", kind, {.bits = 4}).SquaredError() <
          RoundLayer("nearest", kind, {.bits = 4}).SquaredError());
  }
}

TEST_CASE("GPTQ gives the same bits for any number of threads", "[quantization]") {
  for (const LayerKind& kind : LayerKinds()) {
    CHECK(RoundLayer("gptq", kind, {.bits = 4}, 1).integers ==
          RoundLayer("gptq", kind, {.bits = 4}, 3).integers);
  }
}

TEST_CASE("Means that drown the variances, and infinite products, leave the nearest integers",
          "[quantization]") {
  const double product = GENERATE(-1.0, INFINITY, NAN);
  const Tensor weights = MakeConstantTensor("w", {4, 2}, RandomFloats(8, 1));
  const ChannelWeights channels(weights, {.bits = 4});
  const auto scales = ScalesOfRanges(channels);
  const std::vector<double> matrix(4, product);
  const GramMatrices gram{2, 1, {{0, 0, 2, matrix, matrix, {0, 0}, {0, 0}}}};
  const LayerToRound layer{channels, scales, {.gram = &gram}, {}, nullptr};
  CHECK(FindRoundingMethod("gptq")->round(layer).integers == RoundToNearest(layer).integers);
}

TEST_CASE("GPTQ rounds to the nearest where nothing is known", "[quantization]") {
  const Tensor weights = MakeConstantTensor("w", {4, 9}, RandomFloats(36, 1));
  const ChannelWeights channels(weights, {.bits = 4});
  const auto scales = ScalesOfRanges(channels);
  const LayerToRound layer{channels, scales, {}, {}, nullptr};
  CHECK(FindRoundingMethod("gptq")->round(layer).integers == RoundToNearest(layer).integers);
}

}  // namespace
}  // namespace qconvert
