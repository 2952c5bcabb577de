#include "lib/quantization/bias_correction.h"

#include <cmath>
#include <cstring>
#include <functional>

#include <catch2/catch.hpp>

#include "lib/math/bias.h"
#include "lib/quantization/prefix_evidence.h"
#include "lib/runner/port.h"
#include "lib/runner/session.h"
#include "test/quantization/quantized.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

constexpr IntegerLimits kRelu{-128, 127};
constexpr AffineParams kSteps{0.5F, -128};

/// Errors of `samples` samples at 3 positions; value(sample, position, channel) is the float
/// result.
using Real = std::function<float(size_t sample, size_t position, size_t channel)>;

ResultErrors ErrorsOf(size_t samples, size_t channels, const Real& real) {
  ResultErrors errors(samples, channels);
  const std::vector<int8_t> quantized(3 * channels, -108);  // 10 in real units
  for (size_t i = 0; i < samples; ++i) {
    std::vector<float> values;
    for (size_t p = 0; p < 3; ++p) {
      for (size_t c = 0; c < channels; ++c) values.push_back(real(i, p, c));
    }
    errors.Measure(i, values, quantized, kSteps, kRelu);
  }
  return errors;
}

TEST_CASE("Errors are sums over positions, and clamped results do not move", "[quantization]") {
  constexpr size_t kChannels = 5, kPositions = 7;
  const std::vector<float> real = RandomFloats(kChannels * kPositions, 1, -5, 60);
  const std::vector<int8_t> quantized = RandomInt8(kChannels * kPositions, 2);
  const AffineParams params{0.25F, 3};
  const IntegerLimits limits{3, 90};
  ResultErrors errors(2, kChannels);
  errors.Measure(1, real, quantized, params, limits);
  for (size_t c = 0; c < kChannels; ++c) {
    double sum = 0, moving = 0;
    for (size_t i = c; i < real.size(); i += kChannels) {
      sum += real[i] - 0.25 * (quantized[i] - 3);
      if (quantized[i] > 3 && quantized[i] < 90) ++moving;
    }
    CHECK(errors.error(0, c) == 0);
    CHECK(errors.error(1, c) == Approx(sum).margin(1e-12));
    CHECK(errors.moving(1, c) == moving);
  }
}

TEST_CASE("A shift that all samples share is corrected whole", "[quantization]") {
  const ResultErrors errors =
      ErrorsOf(4, 2, [](size_t, size_t, size_t channel) { return channel == 0 ? 10.25F : 9.0F; });
  CHECK(BiasCorrection(errors) == std::vector<double>{0.25, -1});
}

TEST_CASE("Errors that are chance leave the bias as it is", "[quantization]") {
  // Their mean is 0, so the mean of all but one has the sign that the one has not.
  CHECK(BiasCorrection(ErrorsOf(4, 2, [](size_t sample, size_t, size_t) {
          return sample % 2 == 0 ? 11.0F : 9.0F;
        })).empty());
  CHECK(BiasCorrection(ErrorsOf(4, 2, [](size_t, size_t, size_t) { return 10.0F; })).empty());
}

TEST_CASE("One sample, and results that are all clamped, correct nothing", "[quantization]") {
  CHECK(BiasCorrection(ErrorsOf(1, 2, [](size_t, size_t, size_t) { return 11.0F; })).empty());
  ResultErrors errors(3, 1);
  const std::vector<float> real(4, 1);
  const std::vector<int8_t> clamped(4, -128);
  for (size_t i = 0; i < 3; ++i) errors.Measure(i, real, clamped, kSteps, kRelu);
  CHECK(BiasCorrection(errors).empty());
}

/// Returns the squared errors of the means of each sample, when it gets the part `part` of the
/// change that the other samples ask for.
double LeftOutError(const ResultErrors& errors, double part) {
  double total = 0;
  for (size_t out = 0; out < errors.samples(); ++out) {
    for (size_t c = 0; c < errors.channels(); ++c) {
      double error = 0, moving = 0;
      for (size_t i = 0; i < errors.samples(); ++i) {
        if (i == out) continue;
        error += errors.error(i, c);
        moving += errors.moving(i, c);
      }
      const double left = errors.error(out, c) - part * errors.moving(out, c) * error / moving;
      total += left * left;
    }
  }
  return total;
}

TEST_CASE("The part that is taken has the least error on samples that are left out",
          "[quantization]") {
  const std::vector<float> noise = RandomFloats(6 * 3 * 8, 1, -1, 1);
  const ResultErrors errors = ErrorsOf(6, 8, [&](size_t sample, size_t position, size_t channel) {
    const float shift = channel % 2 == 0 ? 0.3F : -0.2F;
    return 10 + shift + noise[(sample * 3 + position) * 8 + channel];
  });
  const std::vector<double> correction = BiasCorrection(errors);
  REQUIRE(correction.size() == 8);
  double error = 0, moving = 0;
  for (size_t i = 0; i < 6; ++i) {
    error += errors.error(i, 0);
    moving += errors.moving(i, 0);
  }
  const double part = correction[0] / (error / moving);
  CHECK(part > 0);
  CHECK(part < 1);
  const double least = LeftOutError(errors, part);
  CHECK(least < LeftOutError(errors, 0));
  CHECK(least < LeftOutError(errors, part + 1e-3));
  CHECK(least < LeftOutError(errors, part - 1e-3));
}

// Whole layers. Rounding down shifts all results of a layer: what a correction is for.

RoundedWeights RoundDown(const LayerToRound& layer) {
  const ChannelWeights& weights = layer.weights;
  const std::span<const AffineParams> scales = layer.scales;
  RoundedWeights rounded;
  const ChannelView view = weights.view();
  for (size_t i = 0; i < weights.values().size(); ++i) {
    const auto place = static_cast<int64_t>(i) / view.inner % view.channels;
    const float steps = weights.values()[i] / scales[static_cast<size_t>(place)].scale;
    rounded.integers.push_back(static_cast<int8_t>(std::max(-127.0F, std::floor(steps))));
  }
  return rounded;
}

constexpr RoundingMethod kRoundDown = {"down", "for this test", {}, RoundDown};
constexpr size_t kSome[] = {3, 0, 5, 1};  // of more samples
constexpr Window kSame{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};

std::vector<std::vector<std::byte>> ReadSample(size_t i) {
  const std::vector<float> values = RandomFloats(6 * 6 * 4, i + 1, 0, 1);
  const auto bytes = std::as_bytes(std::span(values));
  return {{bytes.begin(), bytes.end()}};
}

/// Builds a graph with all ranges alike.
BuiltGraph BuildOn(const SampleReader& read, const Graph& graph, Range range,
                   const WeightMethods& methods) {
  const Ranges ranges(static_cast<size_t>(graph.tensor_count()), range);
  ThreadPool alone(1);
  PrefixEvidence prefix(graph, kSome, read, methods.threads == nullptr ? alone : *methods.threads,
                        std::make_unique<Progress>("", 1, /*quiet=*/true));
  KnownMoments none = NoMoments();
  return Build(graph, Plan(graph, ranges, {}, {}), {none, prefix}, methods);
}

BuiltGraph BuildRoundedDown(const Graph& graph, bool correct, int threads = 2) {
  ThreadPool pool(threads);
  return BuildOn(ReadSample, graph, {-8, 8},
                 {.rounding = &kRoundDown, .correct_bias = correct, .threads = &pool});
}

/// Returns the mean of each channel of a graph's result over all samples.
std::vector<double> MeansOf(const Graph& graph) {
  const CompiledGraph compiled(graph);
  Session session(compiled);
  const auto channels = static_cast<size_t>(graph.tensor(graph.outputs[0]).shape.back());
  std::vector<double> means(channels);
  for (size_t sample : kSome) {
    const auto input = ReadSample(sample)[0];
    std::memcpy(session.Input(0).data(), input.data(), input.size());
    session.Run();
    const std::vector<float> values = RealValues(graph.tensor(graph.outputs[0]), session.Output(0));
    const auto count = static_cast<double>(values.size() / channels * std::size(kSome));
    for (size_t i = 0; i < values.size(); ++i) means[i % channels] += values[i] / count;
  }
  return means;
}

double LargestDifference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

Graph OneLayer(Operator op, Shape weights, size_t channels, bool bias) {
  GraphBuilder b;
  std::vector<TensorId> inputs{b.Input("x", {1, 6, 6, 4}), b.Random("w", std::move(weights))};
  if (bias) inputs.push_back(b.Random("b", {static_cast<int64_t>(channels)}));
  return b.Output(b.Emit(std::move(op), std::move(inputs), "y")).Build();
}

TEST_CASE("Every kind of layer gets the float network's means", "[quantization]") {
  const bool bias = GENERATE(true, false);
  const Graph graph = GENERATE_COPY(
      OneLayer(Conv2D{kSame}, {5, 3, 3, 4}, 5, bias),
      OneLayer(Conv2D{kSame, Activation::kRelu6}, {5, 3, 3, 4}, 5, bias),
      OneLayer(TransposeConv2D{{.stride_h = 2, .stride_w = 2}, 12, 12}, {5, 2, 2, 4}, 5, bias),
      OneLayer(DepthwiseConv2D{kSame}, {1, 3, 3, 8}, 8, bias),
      OneLayer(FullyConnected{}, {5, 4}, 5, bias));
  const std::vector<double> real = MeansOf(graph);
  const BuiltGraph corrected = BuildRoundedDown(graph, true);
  CHECK(corrected.compared_layers == 1);
  CHECK(corrected.corrected_layers == 1);
  const double before = LargestDifference(real, MeansOf(BuildRoundedDown(graph, false).graph));
  CHECK(LargestDifference(real, MeansOf(corrected.graph)) < before / 2);
}

/// A sample whose values are multiples of 1/16 below 4.
std::vector<std::vector<std::byte>> ReadSteps(size_t i) {
  std::vector<float> values = RandomFloats(6 * 6 * 4, i + 1, 0, 64);
  for (float& value : values) value = std::floor(value) / 16;
  const auto bytes = std::as_bytes(std::span(values));
  return {{bytes.begin(), bytes.end()}};
}

TEST_CASE("A layer that is exact keeps its bias, or that it has none", "[quantization]") {
  // Weights of 0 and 127/127; inputs and results are 255 steps of 1/16.
  GraphBuilder b;
  std::vector<float> swap(16);
  for (size_t i = 0; i < 4; ++i) swap[i * 4 + (i ^ 1)] = 1;
  const TensorId x = b.Input("x", {1, 6, 6, 4});
  const TensorId w = b.Constant<float>("w", {4, 4}, std::move(swap));
  const Graph graph = b.Output(b.Emit(FullyConnected{}, {x, w}, "y")).Build();
  const BuiltGraph built = BuildOn(ReadSteps, graph, {-8, 7.9375F}, {.correct_bias = true});
  CHECK(built.compared_layers == 1);
  CHECK(built.corrected_layers == 0);
  for (const Node& node : built.graph.nodes()) {
    if (node.Is<FullyConnected>()) CHECK_FALSE(node.has_input(2));
  }
}

TEST_CASE("Corrections do not depend on the number of threads", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 4});
  const TensorId y =
      b.Emit(Conv2D{kSame, Activation::kRelu}, {x, b.Random("w", {4, 3, 3, 4})}, "y");
  const Graph graph =
      b.Output(b.Emit(Conv2D{kSame}, {y, b.Random("v", {5, 3, 3, 4})}, "z")).Build();
  const auto bias = [&](int threads) {
    const Graph q = BuildRoundedDown(graph, true, threads).graph;
    return ToVector<int32_t>(q.tensor(q.FindTensor("v/bias")));
  };
  CHECK(bias(1) == bias(4));
}

TEST_CASE("A correction saturates where a bias does", "[quantization]") {
  Tensor bias = MakeConstantTensor<int32_t>("b", {3}, {5, kLargestBias - 1, -7});
  bias.quant = PerLayer(0.5F, 0);
  const std::vector<double> change = {1.3, 100, -0.2};
  CHECK(ToVector<int32_t>(ShiftedBias(bias, change)) == std::vector<int32_t>{8, kLargestBias, -7});
}

}  // namespace
}  // namespace qconvert
