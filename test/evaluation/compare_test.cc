#include "lib/evaluation/compare.h"

#include <cmath>
#include <cstring>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

/// Adds `offset` to its input: a network whose answers a test chooses.
Graph Shifted(const std::vector<float>& offset, const std::string& input = "x") {
  GraphBuilder b;
  const auto classes = static_cast<int64_t>(offset.size());
  const TensorId x = b.Input(input, {1, classes});
  const TensorId c = b.Constant<float>("offset", {classes}, offset);
  return b.Output(b.Emit(Add{}, {x, c}, "y")).Build();
}

/// Answers every sample with `values`.
Graph Constantly(const std::vector<float>& values) {
  GraphBuilder b;
  const auto classes = static_cast<int64_t>(values.size());
  const TensorId x = b.Input("x", {1, classes});
  const TensorId zero = b.Emit(Mul{}, {x, b.Scalar(0)});
  return b.Output(b.Emit(Add{}, {zero, b.Constant<float>("c", {classes}, values)}, "y")).Build();
}

using Samples = std::vector<std::vector<float>>;

std::vector<std::byte> Bytes(const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

Comparison CompareOn(const Graph& reference, const Graph& candidate, const Samples& samples,
                     const CompareOptions& options = {}, int threads = 1) {
  const RunnableModel a(reference, KernelSet::kReference), b(candidate, KernelSet::kReference);
  ThreadPool pool(threads);
  Progress progress("", samples.size(), true);
  const SampleReader read = [&](size_t i) {
    return std::vector<std::vector<std::byte>>{Bytes(samples[i])};
  };
  return Compare(a, b, samples.size(), read, options, pool, progress);
}

Samples RandomSamples(size_t count, size_t classes) {
  Samples samples;
  for (size_t i = 0; i < count; ++i) samples.push_back(RandomFloats(classes, i, -3, 3));
  return samples;
}

/// Returns how many classes a ranking puts before `label`: higher scores, and earlier equals.
size_t RankOf(const std::vector<float>& scores, size_t label) {
  size_t rank = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    rank += scores[i] > scores[label] || (scores[i] == scores[label] && i < label) ? 1 : 0;
  }
  return rank;
}

TEST_CASE("SQNR, largest error and agreement are those of plain loops", "[evaluation]") {
  const std::vector<float> offset = RandomFloats(12, 99, -0.5F, 0.5F);
  const Samples samples = RandomSamples(70, 12);
  const Comparison comparison =
      CompareOn(Shifted(std::vector<float>(12)), Shifted(offset), samples);
  double signal = 0, noise = 0, largest = 0;
  size_t agreement = 0;
  for (const std::vector<float>& sample : samples) {
    std::vector<float> shifted = sample;
    for (size_t i = 0; i < sample.size(); ++i) {
      shifted[i] += offset[i];
      const double error = double{shifted[i]} - double{sample[i]};
      signal += double{sample[i]} * double{sample[i]};
      noise += error * error;
      largest = std::max(largest, std::abs(error));
    }
    size_t best = 0;
    while (RankOf(sample, best) != 0) ++best;
    agreement += RankOf(shifted, best) == 0 ? 1 : 0;
  }
  CHECK(comparison.samples == 70);
  CHECK(comparison.classes == 12);
  CHECK(comparison.agreement == agreement);
  REQUIRE(comparison.outputs.size() == 1);
  CHECK(comparison.outputs[0].name == "y");
  CHECK(comparison.outputs[0].errors.sqnr_db() == Approx(10 * std::log10(signal / noise)));
  CHECK(comparison.outputs[0].errors.largest_error() == largest);
  CHECK(comparison.outputs[0].errors.count() == 70 * 12);
  CHECK_FALSE(comparison.reference);
}

TEST_CASE("Accuracy is that of plain loops, for any number of threads", "[evaluation]") {
  const Samples samples = RandomSamples(100, 12);
  const std::vector<float> offset = RandomFloats(12, 99, -2, 2);
  std::vector<int> labels;
  Random random(5);
  Accuracy reference, candidate;
  for (const std::vector<float>& sample : samples) {
    labels.push_back(static_cast<int>(random.Integer(0, 11)));
    const auto label = static_cast<size_t>(labels.back());
    std::vector<float> shifted = sample;
    for (size_t i = 0; i < sample.size(); ++i) shifted[i] += offset[i];
    reference.top1 += RankOf(sample, label) < 1;
    reference.top5 += RankOf(sample, label) < 5;
    candidate.top1 += RankOf(shifted, label) < 1;
    candidate.top5 += RankOf(shifted, label) < 5;
    reference.top1_below += label > 0 && RankOf(sample, label - 1) < 1;
    reference.top1_above += label < 11 && RankOf(sample, label + 1) < 1;
  }
  for (int threads : {1, 3}) {
    const Comparison comparison = CompareOn(Shifted(std::vector<float>(12)), Shifted(offset),
                                            samples, {.labels = &labels}, threads);
    CHECK(comparison.reference->top1 == reference.top1);
    CHECK(comparison.reference->top5 == reference.top5);
    CHECK(comparison.reference->top1_below == reference.top1_below);
    CHECK(comparison.reference->top1_above == reference.top1_above);
    CHECK(comparison.candidate->top1 == candidate.top1);
    CHECK(comparison.candidate->top5 == candidate.top5);
  }
}

TEST_CASE("A single value has a correlation over the samples and no top-1", "[evaluation]") {
  const auto network = [](float slope) {
    GraphBuilder b;
    return b.Output(b.Emit(LeakyRelu{slope}, {b.Input("x", {1, 1})}, "y")).Build();
  };
  const std::vector<int> labels = {0, 0, 0, 0};
  const Comparison comparison =
      CompareOn(network(1), network(0.5F), {{-2}, {0}, {1}, {3}}, {.labels = &labels}, 2);
  CHECK(comparison.classes == 0);
  CHECK_FALSE(comparison.agreement);
  CHECK_FALSE(comparison.reference);
  // Of -2, 0, 1, 3 with -1, 0, 1, 3: sums of products 10.5, of squares 13 and 8.75.
  CHECK(*comparison.outputs[0].correlation.value() == Approx(10.5 / std::sqrt(13 * 8.75)));
}

TEST_CASE("A list of boxes has no top-1", "[evaluation]") {
  GraphBuilder b;
  const Graph graph = b.Output(b.Emit(Relu{}, {b.Input("boxes", {1, 5, 4})}, "y")).Build();
  const Comparison comparison = CompareOn(graph, graph, RandomSamples(2, 20));
  CHECK_FALSE(comparison.agreement);
  CHECK(*comparison.outputs[0].correlation.value() == Approx(1));
}

TEST_CASE("Of equal scores the first class wins", "[evaluation]") {
  // An int8 softmax gives most classes the same lowest number: a label among them is no hit.
  const std::vector<float> scores = {0, 0, 0, 0, 0, 0, 0, 9};
  const Samples samples(1, std::vector<float>(8));
  const auto hits = [&](int label) {
    const std::vector<int> labels = {label};
    return CompareOn(Shifted(scores), Shifted(scores), samples, {.labels = &labels}).candidate;
  };
  CHECK(hits(7)->top1 == 1);
  CHECK(hits(0)->top1 == 0);
  CHECK(hits(7)->top5 == 1);
  CHECK(hits(0)->top5 == 1);
  CHECK(hits(3)->top5 == 1);
  CHECK(hits(4)->top5 == 0);  // 7, 0, 1, 2, 3 stand before it
  CHECK(hits(6)->top5 == 0);
}

TEST_CASE("A label that no class has is never hit", "[evaluation]") {
  const std::vector<int> labels = {GENERATE(8, 1000, -1)};
  const Graph graph = Shifted(std::vector<float>(8));
  const Comparison comparison = CompareOn(graph, graph, RandomSamples(1, 8), {.labels = &labels});
  CHECK(comparison.candidate->top1 == 0);
  CHECK(comparison.candidate->top5 == 0);
}

TEST_CASE("An answer that no longer depends on the input is degenerate", "[evaluation]") {
  const Samples samples = RandomSamples(10, 12);
  const Graph good = Shifted(std::vector<float>(12)), stuck = Constantly(RandomFloats(12, 3));
  const Comparison comparison = CompareOn(good, stuck, samples);
  CHECK(comparison.outputs[0].constant);
  CHECK_FALSE(comparison.outputs[0].saturated);
  CHECK(comparison.degenerate());
  CHECK_FALSE(CompareOn(good, good, samples).degenerate());
  CHECK_FALSE(CompareOn(stuck, stuck, samples).degenerate());      // the reference is no better
  CHECK_FALSE(CompareOn(good, stuck, {samples[0]}).degenerate());  // one sample shows nothing
}

TEST_CASE("An answer that is nearly always one number is degenerate", "[evaluation]") {
  const Graph good = Shifted(std::vector<float>(12));
  const Graph saturated = Constantly(std::vector<float>(12, 127));
  const Comparison comparison = CompareOn(good, saturated, RandomSamples(10, 12));
  CHECK(comparison.outputs[0].saturated);
  CHECK(comparison.degenerate());
  // Too few values to tell.
  CHECK_FALSE(CompareOn(good, saturated, RandomSamples(2, 12)).outputs[0].saturated);
}

TEST_CASE("Many classes at their lowest step are not degenerate", "[evaluation]") {
  // A sharp softmax over 3000 classes: all but one round to the same number.
  constexpr size_t kClasses = 3000;
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, kClasses});
  const QuantParams quant = PerLayer(1.0F / 256, -128);
  const TensorId p = b.Emit(Softmax{}, {x}, "p");
  const Graph reference = b.Output(p).Build();
  Graph candidate = reference;
  const TensorId q = candidate.AddTensor({"q", ElementType::kInt8, {1, kClasses}, quant});
  candidate.Append(Node("q", Quantize{}, {p}, {q}));
  candidate.outputs = {q};
  Samples samples = RandomSamples(4, kClasses);
  for (size_t i = 0; i < samples.size(); ++i) samples[i][100 * i] = 20;
  const Comparison comparison = CompareOn(reference, candidate, samples);
  CHECK(comparison.agreement == 4);
  CHECK_FALSE(comparison.degenerate());
}

TEST_CASE("Inputs and outputs are paired by name", "[evaluation]") {
  const auto difference = [](bool swapped) {
    GraphBuilder b;
    const TensorId first = b.Input(swapped ? "q" : "p", {1, 8});
    const TensorId second = b.Input(swapped ? "p" : "q", {1, 8});
    const TensorId p = swapped ? second : first, q = swapped ? first : second;
    const TensorId y = b.Emit(Sub{}, {p, q}, "y"), z = b.Emit(Neg{}, {p}, "z");
    return b.Output(swapped ? z : y).Output(swapped ? y : z).Build();
  };
  const RunnableModel a(difference(false), KernelSet::kFast), b(difference(true), KernelSet::kFast);
  ThreadPool pool(1);
  Progress progress("", 1, true);
  const SampleReader read = [](size_t) {
    return std::vector{Bytes(RandomFloats(8, 1)), Bytes(RandomFloats(8, 2))};
  };
  const Comparison comparison = Compare(a, b, 1, read, {}, pool, progress);
  CHECK(comparison.outputs[0].errors.largest_error() == 0);
  CHECK(comparison.outputs[1].errors.largest_error() == 0);
}

TEST_CASE("Channels-last models are compared in ONNX's layout", "[evaluation]") {
  GraphBuilder keep, last;
  keep.Output(keep.Emit(Relu{}, {keep.Input("x", {1, 3, 4, 5})}, "y"));
  last.Output(last.Emit(Relu{}, {last.Input("x", {1, 4, 5, 3})}, "y"));
  Graph nhwc = last.Build();
  nhwc.metadata = {{"layout.x", "nhwc"}, {"layout.y", "nhwc"}};
  const Samples samples = RandomSamples(3, 60);
  CHECK(CompareOn(keep.Build(), nhwc, samples).outputs[0].errors.largest_error() == 0);
  nhwc.metadata["layout.y"] = "keep";  // a layout that is wrong shows
  CHECK(CompareOn(keep.Build(), nhwc, samples).outputs[0].errors.largest_error() > 0);
}

TEST_CASE("Layers inside are compared under the reference's names", "[evaluation]") {
  const auto network = [](float slope) {
    GraphBuilder b;
    const TensorId inner = b.Emit(LeakyRelu{slope}, {b.Input("x", {1, 12})}, "inner");
    const TensorId flat = b.Emit(Reshape{{12}}, {inner}, "flat");
    return b.Output(b.Emit(Neg{}, {flat}, "y")).Build();
  };
  const Samples samples = RandomSamples(5, 12);
  const Comparison comparison = CompareOn(network(0), network(0.5F), samples, {.layers = true}, 2);
  REQUIRE(comparison.layers.size() == 2);  // a Reshape computes nothing
  CHECK(comparison.layers[0].node == "inner");
  CHECK(comparison.layers[0].kind == "LeakyRelu");
  CHECK(comparison.layers[1].tensor == "y");
  double largest = 0;
  for (const auto& sample : samples) {
    for (float v : sample) largest = std::max(largest, v < 0 ? 0.5 * std::abs(double{v}) : 0);
  }
  CHECK(comparison.layers[0].errors().largest_error() == largest);
  CHECK(comparison.layers[0].errors().count() == 5 * 12);
  CHECK_FALSE(comparison.layers[0].range);  // it is float
}

TEST_CASE("Masked scores are compared by what the candidate can hold", "[evaluation]") {
  const auto network = [](float masked) {
    GraphBuilder b;
    const TensorId mask = b.Constant<float>("mask", {3}, {0, 0, masked});
    const TensorId sum = b.Emit(Add{}, {b.Input("x", {1, 3}), mask}, "sum");
    return b.Output(b.Emit(Softmax{}, {sum}, "p")).Build();
  };
  const Comparison comparison =
      CompareOn(network(-INFINITY), network(-1e9F), RandomSamples(4, 3), {.layers = true});
  REQUIRE(comparison.layers.size() == 2);
  CHECK(comparison.layers[0].tensor == "sum");
  CHECK(comparison.layers[0].errors().largest_error() == 0);
}

TEST_CASE("Models without outputs cannot be compared", "[evaluation]") {
  Graph graph = Shifted({1, 2});
  graph.outputs.clear();
  graph.output_names.clear();
  CHECK_THAT(ErrorOf([&] { CompareOn(graph, graph, RandomSamples(1, 2)); }),
             IsError(ErrorKind::kUsage, "no outputs"));
}

}  // namespace
}  // namespace qconvert
