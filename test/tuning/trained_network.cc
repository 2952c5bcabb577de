#include "test/tuning/trained_network.h"

#include "test/quantization/quantized.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

std::vector<TensorId> StudentsOf(const std::vector<LossTensor>& losses) {
  std::vector<TensorId> students;
  for (const LossTensor& loss : losses) students.push_back(loss.student);
  return students;
}

/// Noise with the corner of a class bright.
std::vector<float> CornerPicture(int label, uint64_t seed) {
  std::vector<float> picture = RandomFloats(6 * 6 * 3, seed, -0.4F, 0.4F);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 3; ++x) {
      const int row = y + (label / 2) * 3, column = x + (label % 2) * 3;
      picture[static_cast<size_t>((row * 6 + column) * 3)] += 0.6F;
    }
  }
  return picture;
}

}  // namespace

TrainedNetwork MakeTrained(const Graph& real, RangeTraining ranges, int bits,
                           ActivationPrecision activations) {
  QuantizeOptions options;
  options.plan.per_channel = false;
  if (bits == 4) options.precision.weights = WeightPrecision::kInt4;
  options.precision.activations = activations;
  const Graph quantized = MakeInteger(real, options).graph;
  std::vector<LossTensor> losses = FindLossTensors(real, quantized, true);
  TrainedGraph trained(real, quantized, StudentsOf(losses), ranges);
  return {real, std::move(losses), std::move(trained)};
}

Graph MixedNetwork() {
  GraphBuilder b;
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  const TensorId x = b.Input("x", {1, 6, 6, 3});
  const TensorId c = b.Emit(Conv2D{same, Activation::kRelu},
                            {x, b.Random("w1", {8, 3, 3, 3}), b.Random("b1", {8})}, "c");
  const TensorId d = b.Emit(DepthwiseConv2D{same, Activation::kRelu6},
                            {c, b.Random("w2", {1, 3, 3, 8}), b.Random("b2", {8})}, "d");
  const TensorId sum = b.Emit(Add{Activation::kRelu}, {c, d}, "sum");
  const TensorId all = b.Emit(Concat{3}, {sum, d}, "all");
  const TensorId flat = b.Emit(Reshape{{1, 6 * 6 * 16}}, {all}, "flat");
  return b
      .Output(b.Emit(FullyConnected{},
                     {flat, b.Random("w3", {4, 6 * 6 * 16}, -0.1F, 0.1F), b.Random("b3", {4})},
                     "y"))
      .Build();
}

TrainingSet CornerSamples(const TrainedNetwork& network, size_t count, uint64_t seed) {
  TrainingSet set;
  set.count = count;
  set.losses = network.losses;
  std::vector<std::vector<float>> pictures;
  for (size_t i = 0; i < count; ++i) {
    set.labels.push_back(static_cast<int>(i % 4));
    pictures.push_back(CornerPicture(set.labels.back(), seed + i));
    set.teacher.push_back({RunFloat(
        network.real, {MakeConstantTensor("x", {1, 6, 6, 3}, std::vector(pictures.back()))})});
  }
  set.read = [pictures](size_t i) {
    const auto bytes = std::as_bytes(std::span(pictures.at(i)));
    return std::vector<std::vector<std::byte>>{{bytes.begin(), bytes.end()}};
  };
  return set;
}

}  // namespace qconvert
