#include "lib/calibration/calibrate.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <catch2/catch.hpp>

#include "lib/calibration/extremes.h"
#include "lib/calibration/moments.h"
#include "lib/calibration/sample_extremes.h"
#include "lib/calibration/totals.h"
#include "lib/passes/pipeline.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

/// Additions, clamps and movement: the plain loops compute the same bits as the fast kernels.
Graph ExactNetwork() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 8});
  const TensorId sum = b.Emit(Add{Activation::kRelu}, {x, b.Random("c", {8})}, "sum");
  const TensorId flat = b.Emit(Reshape{{16, 8}}, {sum}, "flat");
  const TensorId joined = b.Emit(Concat{1}, {flat, b.Emit(Neg{}, {flat}, "neg")}, "joined");
  b.Output(b.Emit(ArgMax{1}, {joined}, "class"));
  return b.Output(b.Emit(Relu6{}, {joined}, "y")).Build();
}

constexpr const StatisticKind* kKinds[] = {&Extremes::kKind, &SampleExtremes::kKind,
                                           &Moments::kKind, &Totals::kKind};

void Feed(const Tensor& value, size_t i, Session& session) {
  std::memcpy(session.Input(i).data(), value.constant->bytes.data(), value.bytes());
}

Evidence CalibrateOn(const Graph& graph, const std::vector<std::vector<Tensor>>& samples,
                     int threads, FloatPrecision precision = FloatPrecision::kFloat32) {
  const CompiledGraph compiled(graph, {.precision = precision});
  ThreadPool pool(threads);
  Progress progress("", samples.size(), true);
  const FeedFunction feed = [&](size_t i, Session& session) {
    for (size_t k = 0; k < samples[i].size(); ++k) Feed(samples[i][k], k, session);
  };
  return Calibrate(compiled, {0, samples.size()}, feed, kKinds, pool, progress);
}

std::vector<std::vector<Tensor>> RandomSamples(const Graph& graph, size_t count) {
  std::vector<std::vector<Tensor>> samples;
  for (size_t i = 0; i < count; ++i) {
    const float reach = 1 + static_cast<float>(i % 7);
    samples.push_back(RandomInputs(graph, i, -reach, reach));
  }
  return samples;
}

/// What one tensor ranges over on each sample, by the plain loops.
std::vector<Range> RangesBySample(Graph graph, TensorId id,
                                  const std::vector<std::vector<Tensor>>& samples) {
  graph.outputs = {id};
  std::vector<Range> ranges;
  for (const std::vector<Tensor>& sample : samples) {
    const std::vector<float> values = RunFloat(graph, sample);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    ranges.push_back({*low, *high});
  }
  return ranges;
}

TEST_CASE("The extremes of every float tensor are those of its values", "[calibration]") {
  const Graph graph = ExactNetwork();
  const auto samples = RandomSamples(graph, 5);
  const Evidence evidence = CalibrateOn(graph, samples, 1);
  CHECK(evidence.samples() == SampleRun{0, 5});
  for (const char* name : {"x", "sum", "flat", "neg", "joined", "y"}) {
    const std::vector<Range> seen = RangesBySample(graph, graph.FindTensor(name), samples);
    Range expected = seen[0];
    for (const Range& range : seen) {
      expected = {std::min(expected.min, range.min), std::max(expected.max, range.max)};
    }
    INFO(name);
    CHECK(evidence.Find<Extremes>(name)->range() == expected);
    const auto ranges = evidence.Find<SampleExtremes>(name)->ranges();
    CHECK(std::equal(ranges.begin(), ranges.end(), seen.begin(), seen.end()));
  }
}

TEST_CASE("Nothing is known of constants and integers", "[calibration]") {
  const Graph graph = ExactNetwork();
  const Evidence evidence = CalibrateOn(graph, RandomSamples(graph, 1), 1);
  CHECK(evidence.Find<Extremes>("c") == nullptr);
  CHECK(evidence.Find<Extremes>("class") == nullptr);
  CHECK(evidence.Find<Extremes>("nobody") == nullptr);
}

TEST_CASE("Totals are those of the inputs", "[calibration]") {
  const Graph graph = ExactNetwork();
  const auto samples = RandomSamples(graph, 3);
  const Evidence evidence = CalibrateOn(graph, samples, 1);
  double sum = 0, magnitude = 0;
  for (const auto& sample : samples) {
    for (float value : sample[0].Values<float>()) {
      sum += double{value};
      magnitude += std::abs(double{value});
    }
  }
  CHECK(evidence.Find<Totals>("sum") == nullptr);
  const Totals* totals = evidence.Find<Totals>("x");
  CHECK(totals->count() == 3 * 128);
  // Both sums round at most once a term.
  CHECK(std::abs(totals->sum() - sum) <= 2 * 3 * 128 * 0x1p-53 * magnitude);
}

TEST_CASE("Evidence is the same for any number of threads", "[calibration]") {
  const Graph graph = ExactNetwork();
  const auto samples = RandomSamples(graph, 61);
  const std::vector<std::byte> single = CalibrateOn(graph, samples, 1).Serialise();
  CHECK(CalibrateOn(graph, samples, 2).Serialise() == single);
  CHECK(CalibrateOn(graph, samples, 5).Serialise() == single);
}

TEST_CASE("Channels that weights multiply get moments", "[calibration]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 2});
  const TensorId clamped = b.Emit(Relu{}, {x}, "clamped");
  const TensorId y = b.Emit(Conv2D{}, {clamped, b.Random("w", {4, 3, 3, 2})}, "y");
  const Graph graph = b.Output(b.Emit(Neg{}, {y}, "z")).Build();
  const auto samples = RandomSamples(graph, 40);
  const Evidence evidence = CalibrateOn(graph, samples, 1);
  CHECK(evidence.Find<Moments>("x") == nullptr);
  CHECK(evidence.Find<Moments>("y") == nullptr);
  const ChannelMoments found = MomentsOf(evidence, graph.tensor(clamped)).value();
  REQUIRE(found.mean.size() == 2);
  for (size_t c = 0; c < 2; ++c) {
    long double sum = 0, squares = 0;
    for (const auto& sample : samples) {
      for (size_t p = 0; p < 36; ++p) {
        const auto v =
            static_cast<long double>(std::max(0.0F, sample[0].Values<float>()[p * 2 + c]));
        sum += v;
        squares += v * v;
      }
    }
    const long double mean = sum / (36 * 40), variance = squares / (36 * 40) - mean * mean;
    // Doubles of 1440 terms are rounded at most so often; float rounds the result once.
    const long double doubles = 1440 * 0x1p-53L;
    CHECK(std::abs(static_cast<long double>(found.mean[c]) - mean) <=
          mean * (0x1p-24L + 2 * doubles));
    CHECK(std::abs(static_cast<long double>(found.variance[c]) - variance) <=
          variance * 0x1p-24L + 4 * doubles * squares / (36 * 40));
  }
}

TEST_CASE("An observer sees the tensors of every sample", "[calibration]") {
  const Graph graph = ExactNetwork();
  const auto samples = RandomSamples(graph, 9);
  const CompiledGraph compiled(graph);
  ThreadPool pool(3);
  Progress progress("", samples.size(), true);
  std::vector<std::vector<float>> seen(samples.size());
  Calibrate(
      compiled, {0, samples.size()},
      [&](size_t i, Session& session) { Feed(samples[i][0], 0, session); }, {}, pool, progress,
      [&](size_t i, TensorId id, std::span<const std::byte> bytes) {
        if (id != graph.FindTensor("y")) return;
        const auto* values = reinterpret_cast<const float*>(bytes.data());
        seen[i].assign(values, values + bytes.size() / sizeof(float));
      });
  Graph only_y = graph;
  only_y.outputs = {graph.FindTensor("y")};
  for (size_t i = 0; i < samples.size(); ++i) CHECK(seen[i] == RunFloat(only_y, samples[i]));
}

TEST_CASE("Ranges in bf16 stay within its rounding of those in float32", "[calibration]") {
  constexpr int64_t kDepth = 96;
  constexpr float kReach = 1, kLargestWeight = 1;
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 8, 8, kDepth});
  const TensorId w = b.Random("w", {32, 1, 1, kDepth}, -kLargestWeight, kLargestWeight);
  const Graph graph = b.Output(b.Emit(Conv2D{}, {x, w}, "y")).Build();
  const std::vector<std::vector<Tensor>> samples{RandomInputs(graph, 1, -kReach, kReach)};
  const auto range = [&](FloatPrecision precision) {
    return CalibrateOn(graph, samples, 1, precision).Find<Extremes>("y")->range();
  };
  // Rounding both factors to 8 bits, each by 2^-8 at most, changes a product of magnitude m by
  // (2^-7 + 2^-16) m; the sums are float32 in another order.
  const float magnitude = kDepth * kReach * kLargestWeight;
  const float bound = magnitude * (0x1p-7F + 0x1p-16F + 2 * kDepth * 0x1p-24F);
  const Range exact = range(FloatPrecision::kFloat32), rounded = range(FloatPrecision::kBFloat16);
  CHECK(std::abs(rounded.min - exact.min) <= bound);
  CHECK(std::abs(rounded.max - exact.max) <= bound);
}

TEST_CASE("Nothing is observed between an Add and its Relu", "[calibration]") {
  GraphBuilder b;
  const TensorId sum = b.Emit(Add{}, {b.Input("p", {64}), b.Input("q", {64})}, "sum");
  Graph graph = b.Output(b.Emit(Relu{}, {sum}, "y")).Build();
  RunFloatPasses(graph);
  const auto samples = RandomSamples(graph, 3);
  const Evidence evidence = CalibrateOn(graph, samples, 1);
  // Two inputs and the clamped result; the sum, which is negative at places, is nowhere.
  CHECK(FloatTensors(graph).size() == 3);
  CHECK(evidence.Find<Extremes>(graph.tensor(graph.outputs[0]).name)->range().min == 0);
}

TEST_CASE("A tensor that overflows is named with the first sample that shows it", "[calibration]") {
  GraphBuilder b;
  const TensorId y = b.Emit(Exp{}, {b.Input("x", {4})}, "huge");
  const Graph graph = b.Output(b.Emit(Neg{}, {y}, "z")).Build();
  auto samples = RandomSamples(graph, 20);
  for (size_t i : {7, 13}) samples[i][0] = MakeConstantTensor<float>("x", {4}, {0, 0, 100, 0});
  for (int threads : {1, 3}) {
    CHECK_THAT(ErrorOf([&] { CalibrateOn(graph, samples, threads); }),
               IsError(ErrorKind::kUnusable, "tensor 'huge' becomes NaN or infinite on sample 7"));
  }
}

}  // namespace
}  // namespace qconvert
