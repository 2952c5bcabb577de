#include "lib/calibration/gram_matrices.h"

#include <cmath>

#include <catch2/catch.hpp>

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

/// Sums left right^T over every `step`-th patch, for the values [first, first + rows) of a patch of
/// one group, with the sum of magnitudes beside.
struct PlainGram {
  std::vector<long double> sums, magnitudes;
  size_t positions = 0;

  PlainGram(const std::vector<float>& left, const std::vector<float>& right, size_t length,
            size_t first, size_t rows, size_t step)
      : sums(rows * rows), magnitudes(sums.size()) {
    for (size_t p = 0; p * length < left.size(); p += step, ++positions) {
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < rows; ++j) {
          const long double product = static_cast<long double>(left[p * length + first + i]) *
                                      static_cast<long double>(right[p * length + first + j]);
          sums[i * rows + j] += product;
          magnitudes[i * rows + j] += std::abs(product);
        }
      }
    }
  }
};

void CheckMatrix(const std::vector<double>& matrix, const PlainGram& plain) {
  REQUIRE(matrix.size() == plain.sums.size());
  // Each product and each sum rounds once, in float.
  const auto terms = static_cast<long double>(plain.positions) + 1;
  for (size_t i = 0; i < matrix.size(); ++i) {
    REQUIRE(std::abs(static_cast<long double>(matrix[i]) - plain.sums[i]) <=
            terms * 0x1p-24L * plain.magnitudes[i]);
  }
}

/// Checks the matrices of a layer on two samples.
///   most_bytes  of the matrices
void CheckLayer(const Layer& layer, size_t most_bytes) {
  INFO(layer.name << ", " << most_bytes << " bytes");
  ThreadPool threads(3);
  const LayerPatches patches(layer.graph, layer.graph.nodes().front());
  GramMatrices gram = ZeroGram(patches, most_bytes);
  std::vector<float> x, q;
  const size_t step = patches.positions() / 256 | 1, length = patches.groups() * patches.rows();
  for (uint64_t sample : {1, 2}) {
    const Tensor input = RandomInputs(layer.graph, sample).front();
    const Tensor moved = RandomInputs(layer.graph, 10 + sample).front();
    AddSample(patches, moved.Values<float>(), input.Values<float>(), threads, gram);
    const std::vector<float> real = PlainPatches(layer, input), own = PlainPatches(layer, moved);
    for (size_t p = 0; p < patches.positions(); p += step) {
      const auto at = static_cast<std::ptrdiff_t>(p * length),
                 n = static_cast<std::ptrdiff_t>(length);
      x.insert(x.end(), real.begin() + at, real.begin() + at + n);
      q.insert(q.end(), own.begin() + at, own.begin() + at + n);
    }
  }
  CHECK(gram.patch == patches.rows());
  CHECK(gram.count == x.size() / length);
  size_t values = 0;
  for (const GramBlock& block : gram.blocks) {
    CHECK(values == block.group * patches.rows() + block.first);
    const size_t first = values;
    values += block.rows;
    CheckMatrix(block.own, PlainGram(q, q, length, first, block.rows, 1));
    CheckMatrix(block.cross, PlainGram(q, x, length, first, block.rows, 1));
    for (size_t i = 0; i < block.rows; ++i) {
      double own = 0, real = 0;
      for (size_t p = first + i; p < x.size(); p += length)
        own += double{q[p]}, real += double{x[p]};
      CHECK(block.own_sum[i] == own);  // sums of few floats are exact in double
      CHECK(block.real_sum[i] == real);
    }
  }
  CHECK(values == length);
}

TEST_CASE("Gram matrices are the sums of products of a layer's patches", "[calibration]") {
  for (const Layer& layer : AllKinds()) CheckLayer(layer, size_t{1} << 30);
}

TEST_CASE("Matrices beyond the memory are split into blocks of each group", "[calibration]") {
  const Layer layer = MakeLayer("groups", Conv2D{}, {1, 5, 5, 6}, {4, 3, 3, 3});
  const LayerPatches patches(layer.graph, layer.graph.nodes().front());
  const size_t whole = 2 * 27 * 27 * kGramElementBytes;
  CHECK(ZeroGram(patches, whole).blocks.size() == 2);
  CHECK(ZeroGram(patches, whole - 1).blocks.size() == 4);
  CHECK(ZeroGram(patches, 1).blocks.size() == 54);
  for (size_t bytes : {whole / 2, whole / 5, size_t{1}}) CheckLayer(layer, bytes);
}

TEST_CASE("Gram matrices have the same bits for any number of threads", "[calibration]") {
  const Layer layer = MakeLayer("wide", Conv2D{}, {1, 9, 9, 70}, {4, 1, 1, 70});
  const LayerPatches patches(layer.graph, layer.graph.nodes().front());
  const Tensor own = RandomInputs(layer.graph, 1).front(),
               real = RandomInputs(layer.graph, 2).front();
  const auto sum = [&](int count) {
    ThreadPool threads(count);
    GramMatrices gram = ZeroGram(patches, size_t{1} << 30);
    AddSample(patches, own.Values<float>(), real.Values<float>(), threads, gram);
    return std::pair(gram.blocks[0].own, gram.blocks[0].cross);
  };
  CHECK(sum(1) == sum(4));
}

}  // namespace
}  // namespace qconvert
