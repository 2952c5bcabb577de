#include "test/tuning/trained_network.h"

#include "lib/passes/pipeline.h"
#include "lib/quantization/wide_nodes.h"
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

namespace {

TrainedNetwork MakeTrainedOf(const Graph& real, const Graph& quantized, RangeTraining ranges,
                             const std::vector<FoldedNorm>& norms) {
  std::vector<LossTensor> losses = FindLossTensors(real, quantized, true);
  TrainedGraph trained(real, quantized, StudentsOf(losses), ranges, norms);
  return {real, std::move(losses), std::move(trained)};
}

/// Returns the result of a convolution, behind a batch norm and a clamp if they are wanted.
TensorId Layer(GraphBuilder& b, Operator conv, const std::string& name, const std::string& number,
               TensorId x, Shape weights, bool normed) {
  const int64_t channels = 8;
  const Activation activation = std::exchange(*FusedActivation(conv), Activation::kNone);
  const TensorId w = b.Random("w" + number, std::move(weights));
  if (!normed) {
    *FusedActivation(conv) = activation;
    return b.Emit(conv, {x, w, b.Random("b" + number, {channels})}, name);
  }
  const auto parameter = [&](const std::string& what, float min, float max) {
    return b.Random(what + number, {channels}, min, max);
  };
  const TensorId sums = b.Emit(conv, {x, w}, name + "/conv");
  const TensorId y = b.Emit(BatchNorm{1e-3F},
                            {sums, parameter("gamma_", 0.5F, 1.5F), parameter("beta_", -0.5F, 0.5F),
                             parameter("mean_", -0.2F, 0.2F), parameter("variance_", 1, 3)},
                            name + "/norm");
  return activation == Activation::kRelu6 ? b.Emit(Relu6{}, {y}, name) : b.Emit(Relu{}, {y}, name);
}

Graph MakeMixed(bool normed) {
  GraphBuilder b;
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  const TensorId x = b.Input("x", {1, 6, 6, 3});
  const TensorId c = Layer(b, Conv2D{same, Activation::kRelu}, "c", "1", x, {8, 3, 3, 3}, normed);
  const TensorId d =
      Layer(b, DepthwiseConv2D{same, Activation::kRelu6}, "d", "2", c, {1, 3, 3, 8}, normed);
  const TensorId sum = b.Emit(Add{Activation::kRelu}, {c, d}, "sum");
  const TensorId all = b.Emit(Concat{3}, {sum, d}, "all");
  const TensorId flat = b.Emit(Reshape{{1, 6 * 6 * 16}}, {all}, "flat");
  const TensorId w = b.Random("w3", {4, 6 * 6 * 16}, -0.1F, 0.1F);
  return b.Output(b.Emit(FullyConnected{}, {flat, w, b.Random("b3", {4})}, "y")).Build();
}

}  // namespace

TrainedNetwork MakeTrained(const Graph& real, RangeTraining ranges, int bits,
                           ActivationPrecision activations) {
  QuantizeOptions options;
  options.plan.per_channel = false;
  if (bits == 4) options.precision.weights = WeightPrecision::kInt4;
  options.precision.activations = activations;
  return MakeTrained(real, ranges, {options});
}

TrainedNetwork MakeTrained(const Graph& real, RangeTraining ranges,
                           const TrainedPrecision& precision) {
  PrecisionPlan plan{precision.options.precision, {}};
  WidenNamed(real, precision.wide, plan);
  const Ranges on_sample = RangesOn(real, RandomInputs(real, 1));
  const Graph quantized = MakeMixture(real, on_sample, plan, precision.options).graph;
  return MakeTrainedOf(real, quantized, ranges, {});
}

NormedNetwork MakeNormed(const Graph& unfolded, const std::map<std::string, Range>& ranges) {
  Graph real = unfolded;
  RunPasses(kFoldingPasses, real, {});
  FoldedNorms found = FindFoldedNorms(unfolded, real);
  QuantizeOptions options;
  options.plan.per_channel = false;
  options.methods.scales = FindScaleMethod("max");
  Ranges by_id = RangesOn(real, RandomInputs(real, 1));
  for (const auto& [name, range] : ranges) {
    by_id[static_cast<size_t>(real.FindTensor(name))] = range;
  }
  const Graph quantized = MakeIntegerOn(real, by_id, options).graph;
  return {MakeTrainedOf(real, quantized, RangeTraining::kFixed, found.norms), std::move(found)};
}

Graph MixedNetwork() { return MakeMixed(false); }
Graph MixedNetworkWithNorms() { return MakeMixed(true); }

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
