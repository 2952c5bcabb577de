#include "lib/calibration/gram.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/calibration/layer_patches.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

/// A graph of one layer that reads "x".
struct Layer {
  std::string name;
  Graph graph;
};

Layer MakeLayer(const std::string& name, Operator op, Shape input, Shape weights) {
  GraphBuilder b;
  const TensorId x = b.Input("x", std::move(input));
  b.Output(b.Emit(std::move(op), {x, b.Random("w", std::move(weights))}, "y"));
  return {name, b.Build()};
}

std::vector<Layer> AllKinds() {
  const Window padded{.pad_top = 1, .pad_left = 2, .pad_bottom = 2, .pad_right = 1};
  const Window strided{.stride_h = 2, .stride_w = 3, .pad_top = 1, .pad_left = 1};
  const Window dilated{.dilation_h = 2, .dilation_w = 3, .pad_left = 2, .pad_right = 2};
  const Window cropped{
      .stride_h = 2, .stride_w = 3, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 0};
  return {MakeLayer("1x1", Conv2D{}, {1, 4, 5, 3}, {2, 1, 1, 3}),
          MakeLayer("padding", Conv2D{padded}, {2, 5, 6, 3}, {4, 3, 3, 3}),
          MakeLayer("stride", Conv2D{strided}, {1, 7, 9, 2}, {3, 3, 2, 2}),
          MakeLayer("dilation", Conv2D{dilated}, {1, 9, 9, 2}, {3, 3, 3, 2}),
          MakeLayer("groups", Conv2D{padded}, {1, 5, 5, 6}, {4, 3, 3, 3}),
          MakeLayer("depthwise", DepthwiseConv2D{padded}, {2, 5, 5, 4}, {1, 3, 3, 4}),
          MakeLayer("depthwise, two each", DepthwiseConv2D{strided}, {1, 7, 8, 3}, {1, 3, 3, 6}),
          MakeLayer("transposed", TransposeConv2D{cropped, 6, 9}, {1, 3, 3, 4}, {5, 3, 4, 4}),
          MakeLayer("fully connected", FullyConnected{}, {7, 11}, {5, 11}),
          MakeLayer("fully connected, 3-D", FullyConnected{}, {2, 3, 11}, {5, 11}),
          MakeLayer("many positions", Conv2D{}, {1, 40, 40, 2}, {2, 1, 1, 2})};
}

/// The patches as the layer itself shows them: output channels whose weights are 0 but for a single
/// 1 give one value of the patch. [positions, groups, rows]
std::vector<float> PlainPatches(const Layer& layer, const Tensor& input) {
  Graph graph = layer.graph;
  const Node& node = graph.nodes().front();
  const LayerPatches patches(graph, node);
  const size_t groups = patches.groups(), rows = patches.rows();
  const bool depthwise = node.Is<DepthwiseConv2D>();
  const Shape shape = graph.tensor(node.input(1)).shape;
  std::vector<float> result(patches.positions() * groups * rows);
  for (size_t row = 0; row < rows; ++row) {
    // One output channel for each group, in the order of the groups.
    Shape one = shape;
    (depthwise ? one.back() : one.front()) = static_cast<int64_t>(groups);
    std::vector<float> weights(groups * rows);
    for (size_t g = 0; g < groups; ++g) weights[depthwise ? row * groups + g : g * rows + row] = 1;
    GraphBuilder b;
    const TensorId x = b.Input("x", input.shape);
    b.Output(b.Emit(node.op, {x, b.Constant<float>("w", one, weights)}, "y"));
    const std::vector<float> values = RunFloat(b.Build(), {input});
    for (size_t p = 0; p < patches.positions(); ++p) {
      for (size_t g = 0; g < groups; ++g) {
        result[(p * groups + g) * rows + row] = values[p * groups + g];
      }
    }
  }
  return result;
}

TEST_CASE("Patches are what the weights of a layer multiply", "[calibration]") {
  for (const Layer& layer : AllKinds()) {
    INFO(layer.name);
    const Tensor input = RandomInputs(layer.graph, 1).front();
    const LayerPatches patches(layer.graph, layer.graph.nodes().front());
    const size_t length = patches.groups() * patches.rows();
    const std::vector<float> expected = PlainPatches(layer, input);
    for (size_t p = 0; p < patches.positions(); ++p) {
      std::vector<float> patch(length, NAN);
      patches.Copy(input.Values<float>(), p, patch);
      for (size_t i = 0; i < length; ++i) REQUIRE(patch[i] == expected[p * length + i]);
    }
  }
}

/// Sums left right^T over every `step`-th patch, for one group, with the sum of magnitudes beside.
struct PlainGram {
  std::vector<long double> sums, magnitudes;
  size_t positions = 0;

  PlainGram(const std::vector<float>& left, const std::vector<float>& right, GramShape shape,
            size_t group, size_t step)
      : sums(shape.rows * shape.rows), magnitudes(sums.size()) {
    const size_t length = shape.groups * shape.rows;
    for (size_t p = 0; p * length < left.size(); p += step, ++positions) {
      for (size_t i = 0; i < shape.rows; ++i) {
        for (size_t j = 0; j < shape.rows; ++j) {
          const size_t base = p * length + group * shape.rows;
          const long double product =
              static_cast<long double>(left[base + i]) * static_cast<long double>(right[base + j]);
          sums[i * shape.rows + j] += product;
          magnitudes[i * shape.rows + j] += std::abs(product);
        }
      }
    }
  }
};

void CheckMatrix(const std::vector<double>& matrix, const PlainGram& plain) {
  REQUIRE(matrix.size() == plain.sums.size());
  // Products of floats are exact in double; each sum rounds once a term.
  const auto terms = static_cast<long double>(plain.positions);
  for (size_t i = 0; i < matrix.size(); ++i) {
    REQUIRE(std::abs(static_cast<long double>(matrix[i]) - plain.sums[i]) <=
            terms * 0x1p-53L * plain.magnitudes[i]);
  }
}

Range RangeOfTensor(const Tensor& tensor) { return RangeOf(tensor.Values<float>()); }

TEST_CASE("A Gram matrix is the sum of products of a layer's patches", "[calibration]") {
  for (const Layer& layer : AllKinds()) {
    INFO(layer.name);
    const Tensor input = RandomInputs(layer.graph, 1).front();
    const Tensor moved = RandomInputs(layer.graph, 2).front();
    const Subject subject = Gram::kKind.subjects(layer.graph).at(0);
    CHECK(subject.name == layer.graph.nodes().front().name);
    const auto statistic =
        Gram::kKind.observe(layer.graph, subject, {0, input.Values<float>(), RangeOfTensor(input)});
    const Gram& gram = As<Gram>(*statistic);
    const auto cross =
        ObserveCrossGram(layer.graph, subject, 0, moved.Values<float>(), input.Values<float>());
    CHECK(cross->shape() == gram.shape());
    const std::vector<float> x = PlainPatches(layer, input), q = PlainPatches(layer, moved);
    const size_t positions = x.size() / (gram.shape().groups * gram.shape().rows);
    const size_t step = positions / 256 | 1;
    for (size_t g = 0; g < gram.shape().groups; ++g) {
      const PlainGram plain(x, x, gram.shape(), g, step);
      CHECK(gram.positions() == static_cast<double>(plain.positions));
      CheckMatrix(gram.Matrix(g), plain);
      CheckMatrix(cross->Matrix(g), PlainGram(q, x, gram.shape(), g, step));
    }
  }
}

TEST_CASE("Constant inputs and layers of too many rows have no Gram matrix", "[calibration]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 8193}), c = b.Random("c", {1, 4});
  b.Output(b.Emit(FullyConnected{}, {x, b.Random("w", {1, 8193})}, "wide"));
  b.Output(b.Emit(FullyConnected{}, {c, b.Random("v", {1, 4})}, "constant"));
  CHECK(Gram::kKind.subjects(b.Build()).empty());
}

}  // namespace
}  // namespace qconvert
