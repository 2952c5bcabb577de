#include "test/quantization/rounded_layer.h"

#include "lib/calibration/layer_patches.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr size_t kSamples = 6;

/// Returns values that vary together, channel by channel, and have a mean.
std::vector<float> Correlated(size_t count, uint64_t seed) {
  std::vector<float> values = RandomFloats(count, seed, 0, 1);
  for (size_t i = 1; i < count; ++i) {
    values[i] += 0.6F * values[i - 1] * (i % 4 == 0 ? 0.0F : 1.0F);
  }
  return values;
}

void AppendPatches(const LayerPatches& layer, const std::vector<float>& input,
                   std::vector<std::vector<float>>& groups) {
  groups.resize(layer.groups());
  std::vector<float> patch(layer.groups() * layer.rows());
  for (size_t p = 0; p < layer.positions(); ++p) {
    layer.Copy(input, p, patch);
    for (size_t i = 0; i < patch.size(); ++i) groups[i / layer.rows()].push_back(patch[i]);
  }
}

/// Returns the gram matrices of a layer on the samples, and keeps the patches.
GramMatrices GramOf(const Graph& graph, ThreadPool& threads, RoundedLayer& result) {
  const LayerPatches layer(graph, graph.nodes().front());
  GramMatrices gram = ZeroGram(layer, size_t{1} << 30);
  const auto count = static_cast<size_t>(graph.tensor(graph.inputs[0]).elements());
  for (size_t i = 0; i < kSamples; ++i) {
    const std::vector<float> real = Correlated(count, i);
    std::vector<float> own = real;
    const std::vector<float> noise = RandomFloats(count, 100 + i, -0.05F, 0.05F);
    for (size_t k = 0; k < count; ++k) own[k] = own[k] * 0.97F + noise[k];
    AddSample(layer, own, real, threads, gram);
    AppendPatches(layer, own, result.own);
    AppendPatches(layer, real, result.real);
  }
  result.patch = layer.rows();
  return gram;
}

}  // namespace

std::vector<LayerKind> LayerKinds() {
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  // Cropped, so that no two taps meet the same values.
  const Window strided{
      .stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  return {{"convolution", Conv2D{same}, {10, 3, 3, 4}},
          {"convolution with groups", Conv2D{same}, {6, 3, 3, 2}},
          {"depthwise", DepthwiseConv2D{same}, {1, 3, 3, 8}},
          {"1x1", Conv2D{}, {9, 1, 1, 4}},
          {"transposed", TransposeConv2D{strided, 11, 11}, {5, 3, 3, 4}}};
}

std::vector<int> RoundedLayer::Integers(size_t output) const {
  const auto first = integers.begin() + static_cast<std::ptrdiff_t>(output * patch);
  return {first, first + static_cast<std::ptrdiff_t>(patch)};
}

double RoundedLayer::SquaredError() const {
  double squares = 0;
  for (size_t o = 0; o < outputs; ++o) {
    const std::vector<float>&x = own[GroupOf(o)], &r = real[GroupOf(o)];
    double sum = 0, own_squares = 0;
    for (size_t p = 0; p < x.size(); p += patch) {
      double error = 0;
      for (size_t i = 0; i < patch; ++i) {
        error += scales[o] *
                 (Steps(o, i) * double{r[p + i]} - integers[o * patch + i] * double{x[p + i]});
      }
      sum += error;
      own_squares += error * error;
    }
    squares += own_squares - sum * sum * static_cast<double>(patch) / static_cast<double>(x.size());
  }
  return squares;
}

RoundedLayer RoundLayer(const std::string& method, const LayerKind& kind, WeightScheme scheme,
                        int threads, const RoundingOptions& options) {
  GraphBuilder b;
  const TensorId w = b.Random("w", kind.weights);
  const Graph graph = b.Output(b.Emit(kind.op, {b.Input("x", {1, 6, 6, 4}), w}, "y")).Build();
  scheme.axis = std::holds_alternative<DepthwiseConv2D>(kind.op) ? 3 : 0;
  RoundedLayer result;
  ThreadPool pool(threads);
  const GramMatrices gram = GramOf(graph, pool, result);
  const ChannelWeights weights(graph.tensor(graph.nodes().front().input(1)), scheme);
  const std::vector<AffineParams> scales = ScalesOfRanges(weights);
  const RoundedWeights rounded =
      FindRoundingMethod(method)->round({weights, scales, {.gram = &gram}, options, &pool});
  result.outputs = weights.values().size() / result.patch;
  result.bias_change = rounded.bias_change;
  for (size_t o = 0; o < result.outputs; ++o) {
    result.scales.push_back(scales[scheme.per_channel ? o : 0].scale);
    for (size_t i = 0; i < result.patch; ++i) {
      // [O, .., I], or [.., O] of a depthwise layer.
      const size_t at = scheme.axis == 0 ? o * result.patch + i : i * result.outputs + o;
      result.weights.push_back(weights.values()[at]);
      result.integers.push_back(rounded.integers[at]);
    }
  }
  return result;
}

}  // namespace qconvert
