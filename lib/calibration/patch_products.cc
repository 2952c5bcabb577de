#include "lib/calibration/patch_products.h"

#include <algorithm>
#include <cmath>

#include "lib/base/vectorize.h"
#include "lib/calibration/layer_patches.h"
#include "lib/math/quantize.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

/// Sums of products of two vectors with each other.
struct Products {
  double real = 0, own = 0, both = 0;

  void Add(float r, float q) {
    real += double{r} * double{r};
    own += double{q} * double{q};
    both += double{r} * double{q};
  }
  /// A vector of zeros is like another one, and like nothing else.
  double Cosine() const {
    if (real == 0 || own == 0) return real == own ? 1 : 0;
    return both / std::sqrt(real * own);
  }
};

QCONVERT_VECTORIZE
void AddRow(float x, const float* weights, size_t count, float* sums) {
  for (size_t o = 0; o < count; ++o) sums[o] += x * weights[o];
}

/// Writes weights [O, rows] or [rows, O] as [groups, rows, O / groups].
std::vector<float> ByGroups(const Tensor& tensor, size_t axis, size_t outputs, size_t groups) {
  const auto values = tensor.Values<float>();
  const size_t rows = values.size() / outputs, width = outputs / groups;
  std::vector<float> ordered(values.size());
  for (size_t o = 0; o < outputs; ++o) {
    for (size_t i = 0; i < rows; ++i) {
      const size_t from = axis == 0 ? o * rows + i : i * outputs + o;
      ordered[(o / width * rows + i) * width + o % width] = values[from];
    }
  }
  return ordered;
}

std::vector<float> Rounded(std::span<const float> values, Range range) {
  const AffineParams params = ChooseAffine(range, kInt8Limits);
  std::vector<float> rounded(values.size());
  std::vector<int8_t> steps(values.size());
  QuantizeValues<int8_t>(values, params, kInt8Limits, steps);
  for (size_t i = 0; i < steps.size(); ++i) {
    rounded[i] = params.scale * static_cast<float>(steps[i] - params.zero_point);
  }
  return rounded;
}

}  // namespace

PatchProducts::PatchProducts(const Graph& graph, const Node& layer,
                             std::span<const SampledPatch> patches)
    : patches_(patches) {
  const LayerPatches shape(graph, layer);
  const Tensor& tensor = graph.tensor(layer.input(1));
  const auto axis = static_cast<size_t>(OpOf(layer).quant.Operand(1).index);
  outputs_ = static_cast<size_t>(tensor.shape[axis]);
  groups_ = shape.groups();
  rows_ = shape.rows();
  weights_ = ByGroups(tensor, axis, outputs_, groups_);
  largest_.resize(outputs_);
  const size_t width = outputs_ / groups_;
  for (size_t i = 0; i < weights_.size(); ++i) {
    const size_t o = i / (rows_ * width) * width + i % width;
    largest_[o] = std::max(largest_[o], std::abs(weights_[i]));
  }
  for (const SampledPatch& patch : patches_) real_.push_back(Multiply(patch.values, weights_));
}

std::vector<float> PatchProducts::Multiply(std::span<const float> patch,
                                           std::span<const float> weights) const {
  const size_t width = outputs_ / groups_;
  std::vector<float> results(outputs_);
  for (size_t g = 0; g < groups_; ++g) {
    for (size_t i = 0; i < rows_; ++i) {
      const size_t row = g * rows_ + i;
      AddRow(patch[row], weights.data() + row * width, width, results.data() + g * width);
    }
  }
  return results;
}

std::vector<float> PatchProducts::QuantizedWeights(std::span<const float> factors) const {
  const size_t width = outputs_ / groups_;
  std::vector<float> rounded(weights_.size());
  for (size_t i = 0; i < weights_.size(); ++i) {
    const size_t o = i / (rows_ * width) * width + i % width;
    const float scale = largest_[o] * factors[o] / 127;
    if (scale == 0) continue;
    rounded[i] = scale * std::clamp(std::nearbyint(weights_[i] / scale), -127.0F, 127.0F);
  }
  return rounded;
}

template <typename Visit>
void PatchProducts::ForEachResult(Range range, std::span<const float> factors,
                                  const Visit& visit) const {
  const std::vector<float> weights = QuantizedWeights(factors);
  for (size_t n = 0; n < patches_.size(); ++n) {
    const std::vector<float> own = Multiply(Rounded(patches_[n].values, range), weights);
    for (size_t o = 0; o < outputs_; ++o) visit(o, real_[n][o], own[o]);
  }
}

double PatchProducts::Cosine(Range range, std::span<const float> factors) const {
  Products all;
  ForEachResult(range, factors, [&](size_t, float r, float q) { all.Add(r, q); });
  return all.Cosine();
}

std::vector<double> PatchProducts::CosinesByChannel(Range range, float factor) const {
  std::vector<Products> channels(outputs_);
  const std::vector<float> factors(outputs_, factor);
  ForEachResult(range, factors, [&](size_t o, float r, float q) { channels[o].Add(r, q); });
  std::vector<double> cosines;
  for (const Products& channel : channels) cosines.push_back(channel.Cosine());
  return cosines;
}

}  // namespace qconvert
