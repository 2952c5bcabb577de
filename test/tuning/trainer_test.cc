#include "lib/tuning/trainer.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <catch2/catch.hpp>

#include "lib/runner/session.h"
#include "lib/tuning/tuned_graph.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/tuning/trained_network.h"

namespace qconvert {
namespace {

constexpr size_t kSamples = 64;

TrainingSettings Settings(uint64_t steps) {
  TrainingSettings settings;
  settings.batch = 12;
  settings.schedule = {Schedule::Kind::kCosine, 0.03, 2, steps};
  settings.loss = {0.25, 2};
  return settings;
}

TrainingState Trained(const TrainedNetwork& network, const TrainingSettings& settings,
                      int thread_count, size_t count = kSamples) {
  const TrainingSet samples = CornerSamples(network, count, 100);
  ThreadPool threads(thread_count);
  Trainer trainer(network.graph, samples, settings, threads);
  TrainingState state = trainer.Start();
  while (state.step < settings.schedule.steps) trainer.Step(state);
  return state;
}

/// Counts the samples that a quantized graph classifies right, in integers.
size_t Right(const Graph& quantized, const TrainingSet& samples) {
  const CompiledGraph compiled(quantized);
  Session session(compiled);
  const auto inputs = InputPorts(compiled.graph()), outputs = OutputPorts(compiled.graph());
  size_t right = 0;
  for (size_t i = 0; i < samples.count; ++i) {
    WriteInput(compiled.graph(), inputs[0], samples.read(i)[0], session.Input(0));
    session.Run();
    const auto scores = ReadOutput(compiled.graph(), outputs[0], session.Output(0));
    const auto top = std::max_element(scores.begin(), scores.end()) - scores.begin();
    right += top == samples.labels[i] ? 1 : 0;
  }
  return right;
}

TEST_CASE("A short training makes the integer network right more often", "[tuning]") {
  const int bits = GENERATE(8, 4);
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kLearned, bits);
  TrainingSettings settings = Settings(80);
  settings.loss.distillation = 0;  // the teacher's weights are random
  const TrainingState state = Trained(network, settings, 2, 240);
  const TrainingSet others = CornerSamples(network, 100, 5000);
  const size_t before = Right(network.graph.quantized(), others);
  const size_t after = Right(TunedGraphOf(network.graph, state.parameters), others);
  CHECK(before < 60);
  CHECK(after > 80);
}

TEST_CASE("Adam moves a parameter by its rate times the size of its layer's", "[tuning]") {
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kFixed);
  TrainingSettings settings = Settings(1);
  const double rate = 0.01;
  settings.schedule = {Schedule::Kind::kConstant, rate, 0, 1};
  const std::vector<float>& before = network.graph.initial();
  const std::vector<float> after = Trained(network, settings, 1).parameters;
  for (const TrainedLayer& layer : network.graph.layers()) {
    const Segment& weights = network.graph.segments()[layer.weights_segment];
    double squares = 0, farthest = 0;
    for (size_t i = weights.offset; i < weights.offset + weights.count; ++i) {
      squares += std::pow(double{before[i]}, 2);
      farthest = std::max(farthest, std::abs(double{after[i]} - double{before[i]}));
    }
    // The first step of Adam is its rate, whatever the gradient.
    const double size = std::sqrt(squares / static_cast<double>(weights.count));
    CHECK(farthest == Approx(rate * size).epsilon(1e-3));
  }
}

TEST_CASE("Any number of threads trains the same bytes", "[tuning]") {
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kLearned);
  const auto one = StateBytes(Trained(network, Settings(6), 1), {});
  CHECK(one == StateBytes(Trained(network, Settings(6), 2), {}));
  CHECK(one == StateBytes(Trained(network, Settings(6), 3), {}));
}

TEST_CASE("Micro-batches move parameters as the whole batch does", "[tuning]") {
  const size_t micro_batch = GENERATE(1, 5, 11);
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kLearned);
  TrainingSettings settings = Settings(1);
  settings.schedule = {Schedule::Kind::kConstant, 0.01, 0, 1};
  settings.optimizer = FindOptimizerMethod("sgd");
  const std::vector<float> whole = Trained(network, settings, 2).parameters;
  settings.micro_batch = micro_batch;
  const std::vector<float> parts = Trained(network, settings, 2).parameters;
  const std::vector<float>& initial = network.graph.initial();
  for (const Segment& segment : network.graph.segments()) {
    float moved = 0, most = 0, apart = 0;
    for (size_t i = segment.offset; i < segment.offset + segment.count; ++i) {
      moved = std::max(moved, std::abs(whole[i] - initial[i]));
      most = std::max(most, std::abs(whole[i]));
      apart = std::max(apart, std::abs(whole[i] - parts[i]));
    }
    // Sums of 12 gradients in another order, which may cancel to a tenth, and parameters rounded.
    CHECK(apart <= 0x1p-23F * (120 * moved + most));
  }
}

TEST_CASE("Micro-batches train the same bytes on any number of threads", "[tuning]") {
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kLearned);
  TrainingSettings settings = Settings(4);
  settings.micro_batch = 3;
  const auto one = StateBytes(Trained(network, settings, 1), {});
  CHECK(one == StateBytes(Trained(network, settings, 2), {}));
  CHECK(one == StateBytes(Trained(network, settings, 4), {}));
}

TEST_CASE("A training that goes on from its state ends in the same bytes", "[tuning]") {
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kLearned);
  TrainingSettings settings = Settings(8);
  settings.ema = 0.9;
  const TrainingSet samples = CornerSamples(network, kSamples, 100);
  ThreadPool threads(1);
  Trainer first(network.graph, samples, settings, threads);
  TrainingState state = first.Start();
  for (int step = 0; step < 3; ++step) first.Step(state);
  const auto bytes = StateBytes(state, {});
  Trainer second(network.graph, samples, settings, threads);
  TrainingState resumed = ReadState(bytes, {}, second.Start());
  while (resumed.step < 8) second.Step(resumed);
  CHECK(StateBytes(resumed, {}) == StateBytes(Trained(network, settings, 2), {}));
}

TEST_CASE("Fixed ranges keep every scale, and trained weights stay within them", "[tuning]") {
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kFixed);
  const TrainingState state = Trained(network, Settings(6), 1);
  for (const Segment& segment : network.graph.segments()) {
    if (segment.kind != Segment::Kind::kScales) continue;
    for (float logarithm : segment.Of(std::span(state.parameters))) CHECK(logarithm == 0);
  }
}

TEST_CASE("A loss that is no number names step, sample and tensor and keeps the state",
          "[tuning]") {
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kFixed);
  const TrainingSet samples = CornerSamples(network, kSamples, 100);
  ThreadPool threads(2);
  Trainer trainer(network.graph, samples, Settings(6), threads);
  TrainingState state = trainer.Start();
  trainer.Step(state);
  const TrainedLayer& layer = network.graph.layers().front();
  state.parameters[network.graph.segments()[layer.weights_segment].offset] = NAN;
  const auto before = StateBytes(state, {});
  CHECK_THAT(ErrorOf([&] { trainer.Step(state); }),
             IsError(ErrorKind::kUnusable, "step 1: tensor 'c'"));
  CHECK(StateBytes(state, {}) == before);
}

TEST_CASE("A network without trainable weights is refused", "[tuning]") {
  GraphBuilder b;
  const Graph real = b.Output(b.Emit(Relu{}, {b.Input("x", {1, 6, 6, 3})}, "y")).Build();
  const TrainedNetwork network = MakeTrained(real, RangeTraining::kLearned);
  const TrainingSet samples;
  ThreadPool threads(1);
  CHECK_THAT(ErrorOf([&] { Trainer(network.graph, samples, {}, threads); }),
             IsError(ErrorKind::kUnsupported, "nothing to train"));
}

TEST_CASE("An epoch shows each sample at most once, and the next another order", "[tuning]") {
  std::set<size_t> seen;
  for (uint64_t step = 0; step < 3; ++step) {
    for (size_t sample : BatchOf(11, 3, 7, step)) CHECK(seen.insert(sample).second);
  }
  CHECK(seen.size() == 9);
  CHECK(BatchOf(11, 3, 7, 0) != BatchOf(11, 3, 7, 3));
  CHECK(BatchOf(11, 3, 7, 0) == BatchOf(11, 3, 7, 0));
  CHECK(BatchOf(2, 3, 7, 4).size() == 2);
}

}  // namespace
}  // namespace qconvert
