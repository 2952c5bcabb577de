#include <cmath>

#include <catch2/catch.hpp>

#include "lib/calibration/choose_ranges.h"
#include "lib/calibration/extremes.h"
#include "lib/calibration/patch_products.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr size_t kInputs = 6, kOutputs = 4;

/// A layer y = W x, and what easyquant reads of inputs that lie in [-1, 1], but for an outlier.
class Layer {
 public:
  Layer() {
    GraphBuilder b;
    const TensorId x = b.Input("x", {1, kInputs});
    const TensorId y = b.Emit(FullyConnected{}, {x, b.Random("w", {kOutputs, kInputs})}, "y");
    graph_ = b.Output(b.Emit(Relu{}, {y}, "z")).Build();
    for (size_t n = 0; n < SampledPatches::kMost; ++n) {
      std::vector<float> values = RandomFloats(kInputs, n, -1, 1);
      if (n == 7) values[2] = 3;
      patches_.push_back({static_cast<double>(n) / SampledPatches::kMost, std::move(values)});
    }
  }

  const Graph& graph() const { return graph_; }
  const Node& node() const { return *graph_.Producer(graph_.FindTensor("y")); }
  std::span<const SampledPatch> patches() const { return patches_; }

  Range Chosen() const {
    using Keys = Evidence::Keys;
    Keys keys{{std::string(Extremes::kKind.name), "x"},
              {std::string(SampledPatches::kKind.name), node().name}};
    std::vector<std::unique_ptr<Statistic>> statistics;
    statistics.push_back(std::make_unique<Extremes>(Range{-1, 3}));
    statistics.push_back(std::make_unique<SampledPatches>(patches_));
    const Evidence evidence({0, 8}, std::make_shared<const Keys>(keys), std::move(statistics));
    const RangeMethod& method = RangeMethodNamed("easyquant");
    return method.refine(graph_, evidence, graph_.FindTensor("x"), {-1, 3});
  }

 private:
  Graph graph_;
  std::vector<SampledPatch> patches_;
};

/// The cosine by plain loops, with a scale of the input and one for each row of the weights.
double PlainCosine(const Layer& layer, Range range, float factor) {
  const auto weights = layer.graph().tensor(layer.node().input(1)).Values<float>();
  const double scale = (double{range.max} - double{range.min}) / 255;
  const double zero = std::nearbyint(-128 - double{range.min} / scale);
  double real = 0, own = 0, both = 0;
  for (const SampledPatch& patch : layer.patches()) {
    for (size_t o = 0; o < kOutputs; ++o) {
      double largest = 0, r = 0, q = 0;
      for (size_t i = 0; i < kInputs; ++i) {
        largest = std::max(largest, std::abs(double{weights[o * kInputs + i]}));
      }
      const double step = largest * double{factor} / 127;
      for (size_t i = 0; i < kInputs; ++i) {
        const double w = double{weights[o * kInputs + i]}, x = double{patch.values[i]};
        const double wq = std::clamp(std::nearbyint(w / step), -127.0, 127.0) * step;
        const double xq = std::clamp(std::nearbyint(x / scale) + zero, -128.0, 127.0);
        r += w * x;
        q += wq * (xq - zero) * scale;
      }
      real += r * r, own += q * q, both += r * q;
    }
  }
  return both / std::sqrt(real * own);
}

TEST_CASE("Cosines are those of plain loops", "[calibration]") {
  const Layer layer;
  const PatchProducts products(layer.graph(), layer.node(), layer.patches());
  const float factor = GENERATE(1.0F, 0.75F);
  const Range range = GENERATE(Range{-1, 3}, Range{-0.5F, 1.5F});
  CHECK(products.outputs() == kOutputs);
  // A value halfway between two steps may be rounded either way.
  CHECK(products.Cosine(range, std::vector<float>(kOutputs, factor)) ==
        Approx(PlainCosine(layer, range, factor)).margin(1e-5));
}

TEST_CASE("The range that EasyQuant chooses has a cosine that no other candidate beats",
          "[calibration]") {
  const Layer layer;
  const Range chosen = layer.Chosen();
  CHECK(chosen.max <= 3);
  CHECK(chosen.max >= 1.5F);
  CHECK(chosen.min == Approx(-chosen.max / 3));
  const PatchProducts products(layer.graph(), layer.node(), layer.patches());
  const std::vector<float> plain(kOutputs, 1);
  CHECK(products.Cosine(chosen, plain) >= products.Cosine({-1, 3}, plain) - 1e-4);
}

TEST_CASE("Depthwise layers multiply each channel by its own weights", "[calibration]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 3});
  const Graph graph =
      b.Output(b.Emit(DepthwiseConv2D{}, {x, b.Random("w", {1, 2, 2, 6})}, "y")).Build();
  const std::vector<SampledPatch> patches{{0.5, RandomFloats(12, 3)}};
  const Node& node = *graph.Producer(graph.outputs[0]);
  const PatchProducts products(graph, node, patches);
  CHECK(products.outputs() == 6);
  CHECK(products.Cosine({-1, 1}, std::vector<float>(6, 1)) > 0.999);
  for (double cosine : products.CosinesByChannel({-1, 1}, 1)) CHECK(std::abs(cosine) == Approx(1));
}

}  // namespace
}  // namespace qconvert
