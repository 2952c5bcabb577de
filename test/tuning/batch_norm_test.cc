#include "lib/tuning/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include <catch2/catch.hpp>

#include "lib/tuning/file_values.h"
#include "lib/tuning/trainer.h"
#include "lib/tuning/tuned_graph.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/tuning/trained_network.h"

namespace qconvert {
namespace {

using Values = std::map<std::string, std::vector<float>>;

/// Returns what batch_norm_step.py wrote.
Values ReadStep() {
  std::ifstream file(QCONVERT_SOURCE "/test/tuning/batch_norm_step.txt");
  Values values;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    for (float value; words >> value;) values[name].push_back(value);
  }
  return values;
}

/// The network of batch_norm_step.py.
Graph StepNetwork(const Values& v) {
  GraphBuilder b;
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  const auto constant = [&](const std::string& name, Shape shape) {
    return b.Constant<float>(name, std::move(shape), v.at(name));
  };
  const auto normed = [&](TensorId sums, const std::string& name) {
    const auto parameter = [&](const std::string& what) { return constant(name + what, {4}); };
    return b.Emit(
        BatchNorm{1e-3F},
        {sums, parameter(".gamma"), parameter(".beta"), parameter(".mean"), parameter(".variance")},
        name + "/norm");
  };
  const TensorId x = b.Input("x", {1, 6, 6, 3});
  const TensorId c = b.Emit(Conv2D{same}, {x, constant("c.w", {4, 3, 3, 3})}, "c/conv");
  const TensorId c6 = b.Emit(Relu6{}, {normed(c, "c")}, "c");
  const TensorId d = b.Emit(DepthwiseConv2D{same},
                            {c6, constant("d.w", {1, 3, 3, 4}), constant("d.bias", {4})}, "d/conv");
  const TensorId dr = b.Emit(Relu{}, {normed(d, "d")}, "d");
  const TensorId flat = b.Emit(Reshape{{1, 144}}, {dr}, "flat");
  return b
      .Output(b.Emit(FullyConnected{}, {flat, constant("w", {3, 144}), constant("b", {3})}, "y"))
      .Build();
}

TrainingSet StepSamples(const TrainedNetwork& network, const std::vector<float>& x) {
  TrainingSet set;
  set.count = 5;
  set.losses = network.losses;
  set.labels = {0, 2, 1, 1, 0};
  set.teacher.assign(5, {std::vector<float>(3)});
  set.read = [x](size_t i) {
    const auto bytes = std::as_bytes(std::span(x).subspan(i * 108, 108));
    return std::vector<std::vector<std::byte>>{{bytes.begin(), bytes.end()}};
  };
  return set;
}

TrainingSettings OneStep(BatchNormTraining training) {
  TrainingSettings settings;
  settings.batch = 5;
  settings.schedule = {Schedule::Kind::kConstant, 1, 0, 1};
  settings.optimizer = FindOptimizerMethod("sgd");
  settings.optimizer_settings = {0, 0};  // the moments are then the gradients
  settings.loss = {0, 1};
  settings.batch_norm = training;
  return settings;
}

/// Float32 against float64: sums of some hundred products, each of 2^-24.
void CheckAlike(std::span<const float> ours, const std::vector<float>& theirs) {
  REQUIRE(ours.size() == theirs.size());
  float largest = 0;
  for (float value : theirs) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < ours.size(); ++i) {
    CHECK(ours[i] == Approx(theirs[i]).margin(2e-5 * double{largest} + 1e-7));
  }
}

TEST_CASE("A training step with batch norms is PyTorch's", "[tuning]") {
  const auto [mode, training] = GENERATE(table<std::string, BatchNormTraining>(
      {{"corrected", BatchNormTraining::kCorrected}, {"naive", BatchNormTraining::kNaive}}));
  INFO(mode);
  const Values v = ReadStep();
  const NormedNetwork made = MakeNormed(
      StepNetwork(v),
      {{"x", {-2.1F, 2}}, {"c", {0, 3}}, {"d", {0, 3}}, {"flat", {0, 3}}, {"y", {-4, 3.9F}}});
  const TrainedGraph& graph = made.network.graph;
  REQUIRE(graph.NormedLayers().size() == 2);
  const TrainingSet samples = StepSamples(made.network, v.at("x"));
  ThreadPool threads(2);
  Trainer trainer(graph, samples, OneStep(training), threads);
  TrainingState state = trainer.Start();
  // Training begins with the biases of the file, which are rounded.
  const auto set = [&](size_t segment, const std::vector<float>& values) {
    std::ranges::copy(values, state.parameters.begin() +
                                  static_cast<std::ptrdiff_t>(graph.segments()[segment].offset));
  };
  set(graph.NormedLayers()[0]->norm->beta_segment, v.at("c.beta"));
  set(graph.NormedLayers()[1]->norm->beta_segment, v.at("d.beta"));
  set(graph.layers()[2].bias_segment, v.at("b"));
  CHECK(trainer.Step(state) == Approx(double{v.at(mode + ".loss")[0]}).epsilon(1e-5));
  const auto segment = [&](size_t i) -> const Segment& { return graph.segments()[i]; };
  const std::span<const float> gradients(state.moments), parameters(state.parameters);
  for (size_t k = 0; k < 2; ++k) {
    const TrainedNorm& norm = *graph.NormedLayers()[k]->norm;
    const std::string layer = mode + (k == 0 ? ".c." : ".d.");
    INFO(layer);
    CheckAlike(segment(norm.unfolded_segment).Of(gradients), v.at(layer + "w"));
    CheckAlike(segment(norm.gamma_segment).Of(gradients), v.at(layer + "gamma"));
    CheckAlike(segment(norm.beta_segment).Of(gradients), v.at(layer + "beta"));
    CheckAlike(segment(norm.mean_segment).Of(parameters), v.at(layer + "mean"));
    CheckAlike(segment(norm.variance_segment).Of(parameters), v.at(layer + "variance"));
  }
  CheckAlike(segment(graph.layers()[2].weights_segment).Of(gradients), v.at(mode + ".w"));
  CheckAlike(segment(graph.layers()[2].bias_segment).Of(gradients), v.at(mode + ".b"));
}

constexpr size_t kSamples = 6, kInputs = 3, kOutputs = 4;

/// An inner product with a batch norm behind it.
Graph DenseNetwork() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, kInputs});
  const TensorId a = b.Emit(FullyConnected{}, {x, b.Random("w", {kOutputs, kInputs})}, "a");
  return b
      .Output(b.Emit(BatchNorm{1e-3F},
                     {a, b.Random("gamma", {kOutputs}, 0.5F, 1.5F), b.Random("beta", {kOutputs}),
                      b.Random("mean", {kOutputs}), b.Random("variance", {kOutputs}, 0.02F, 0.04F)},
                     "y"))
      .Build();
}

/// The same on a batch, not rounded, in double, and a loss sum of k y.
struct Dense {
  std::vector<double> x, w, gamma, beta, k;  // [N, I], [O, I], [O], [O], [N, O]

  double Sum(size_t n, size_t o) const {
    double sum = 0;
    for (size_t i = 0; i < kInputs; ++i) sum += x[n * kInputs + i] * w[o * kInputs + i];
    return sum;
  }
  double Loss() const {
    double loss = 0;
    for (size_t o = 0; o < kOutputs; ++o) {
      double mean = 0, variance = 0;
      for (size_t n = 0; n < kSamples; ++n) mean += Sum(n, o) / kSamples;
      for (size_t n = 0; n < kSamples; ++n) variance += std::pow(Sum(n, o) - mean, 2) / kSamples;
      for (size_t n = 0; n < kSamples; ++n) {
        const double z = (Sum(n, o) - mean) / std::sqrt(variance + 1e-3);
        loss += k[n * kOutputs + o] * (gamma[o] * z + beta[o]);
      }
    }
    return loss;
  }
  /// Returns the gradient by one of its arrays, by central differences.
  std::vector<double> Differences(std::vector<double> Dense::*which) const {
    constexpr double kStep = 1e-5;
    std::vector<double> gradient;
    for (size_t i = 0; i < (this->*which).size(); ++i) {
      Dense up = *this, down = *this;
      (up.*which)[i] += kStep;
      (down.*which)[i] -= kStep;
      gradient.push_back((up.Loss() - down.Loss()) / (2 * kStep));
    }
    return gradient;
  }
};

std::vector<double> Widened(std::span<const float> values) {
  return {values.begin(), values.end()};
}

/// What rounding passes straight through: the layer on real weights, with the scale and shift of a
/// step, and its way back.
TEST_CASE("Without rounding both ways of folding have a batch norm's gradients", "[tuning]") {
  const auto training = GENERATE(BatchNormTraining::kCorrected, BatchNormTraining::kNaive);
  const NormedNetwork made = MakeNormed(DenseNetwork());
  const TrainedGraph& graph = made.network.graph;
  const TrainedLayer& layer = *graph.NormedLayers().at(0);
  const TrainedNorm& norm = *layer.norm;
  const auto of = [&](size_t segment, auto all) { return graph.segments()[segment].Of(all); };
  const std::span<const float> initial(graph.initial());
  const Dense dense{
      Widened(RandomFloats(kSamples * kInputs, 11)), Widened(of(norm.unfolded_segment, initial)),
      Widened(of(norm.gamma_segment, initial)), Widened(of(norm.beta_segment, initial)),
      Widened(RandomFloats(kSamples * kOutputs, 12))};

  ChannelSums sums;
  std::vector<float> a;
  for (size_t n = 0; n < kSamples; ++n) {
    for (size_t o = 0; o < kOutputs; ++o) a.push_back(static_cast<float>(dense.Sum(n, o)));
  }
  sums.Add(a, kOutputs);
  StepValues values(graph, training, graph.initial());
  values.Settle(0, sums);
  const std::span<const float> file_values(values.file_values());
  const auto scale = of(norm.gamma_segment, file_values);
  std::vector<float> gradients(initial.size());
  const auto by_scale = of(norm.gamma_segment, std::span(gradients));
  const auto by_shift = of(norm.beta_segment, std::span(gradients));
  const auto by_weights = of(layer.weights_segment, std::span(gradients));
  const auto by_unfolded = of(norm.unfolded_segment, std::span(gradients));
  double loss = 0;
  std::vector<double> folding(kOutputs);
  for (size_t o = 0; o < kOutputs; ++o) {
    const double mean = sums.sum[o] / sums.count;
    const double variance = sums.squares[o] / sums.count - mean * mean;
    folding[o] = std::sqrt(variance + 1e-3) * double{scale[o]};
    for (size_t n = 0; n < kSamples; ++n) {
      const double g = dense.k[n * kOutputs + o];
      const double u = dense.gamma[o] / folding[o] * dense.Sum(n, o);
      loss += g * (double{scale[o]} * u + double{of(norm.beta_segment, file_values)[o]});
      by_scale[o] += static_cast<float>(g * u);
      by_shift[o] += static_cast<float>(g);
      for (size_t i = 0; i < kInputs; ++i) {
        by_weights[o * kInputs + i] +=
            static_cast<float>(g * double{scale[o]} * dense.x[n * kInputs + i]);
      }
    }
  }
  CHECK(loss == Approx(dense.Loss()).margin(1e-5));

  const StatisticsGradient gradient = values.Unsettle(0, gradients);
  std::vector<float> by_a(a.size());
  gradient.AddTo(a, by_a);
  std::vector<double> by_x(dense.x.size());
  for (size_t n = 0; n < kSamples; ++n) {
    for (size_t o = 0; o < kOutputs; ++o) {
      const double by_sum{by_a[n * kOutputs + o]};
      const double by_u = dense.k[n * kOutputs + o] * double{scale[o]};
      for (size_t i = 0; i < kInputs; ++i) {
        const double w = dense.w[o * kInputs + i];
        by_unfolded[o * kInputs + i] += static_cast<float>(by_sum * dense.x[n * kInputs + i]);
        by_x[n * kInputs + i] += by_sum * w + by_u * dense.gamma[o] / folding[o] * w;
      }
    }
  }
  values.PassThrough(gradients);
  const auto check = [](const auto& ours, const std::vector<double>& wanted) {
    for (size_t i = 0; i < wanted.size(); ++i)
      CHECK(double{ours[i]} == Approx(wanted[i]).margin(1e-4));
  };
  check(by_unfolded, dense.Differences(&Dense::w));
  check(of(norm.gamma_segment, std::span(gradients)), dense.Differences(&Dense::gamma));
  check(by_shift, dense.Differences(&Dense::beta));
  check(by_x, dense.Differences(&Dense::x));
}

TrainingSettings Settings(BatchNormTraining training) {
  TrainingSettings settings;
  settings.batch = 12;
  settings.schedule = {Schedule::Kind::kCosine, 0.005, 0, 8};
  settings.loss = {0.25, 2};
  settings.batch_norm = training;
  return settings;
}

TrainingState Trained(const NormedNetwork& made, const TrainingSettings& settings, int thread_count,
                      std::optional<TrainingState> from = {}, uint64_t until = 8) {
  const TrainingSet samples = CornerSamples(made.network, 64, 100);
  ThreadPool threads(thread_count);
  Trainer trainer(made.network.graph, samples, settings, threads);
  TrainingState state = from ? *from : trainer.Start();
  while (state.step < until) trainer.Step(state);
  return state;
}

TEST_CASE("Statistics of batches are the same bytes for any number of threads", "[tuning]") {
  const NormedNetwork made = MakeNormed(MixedNetworkWithNorms());
  for (auto training : {BatchNormTraining::kCorrected, BatchNormTraining::kNaive}) {
    const auto one = StateBytes(Trained(made, Settings(training), 1), {});
    CHECK(one == StateBytes(Trained(made, Settings(training), 2), {}));
    CHECK(one == StateBytes(Trained(made, Settings(training), 3), {}));
  }
}

TEST_CASE("A training with running statistics goes on from its state in the same bytes",
          "[tuning]") {
  const NormedNetwork made = MakeNormed(MixedNetworkWithNorms());
  TrainingSettings settings = Settings(BatchNormTraining::kCorrected);
  settings.ema = 0.9;
  settings.freeze_after = 5;
  const auto whole = StateBytes(Trained(made, settings, 2), {});
  for (uint64_t killed : {3, 6}) {
    const TrainingState part = Trained(made, settings, 1, {}, killed);
    const TrainingState read = ReadState(StateBytes(part, {}), {}, part);
    CHECK(StateBytes(Trained(made, settings, 2, read), {}) == whole);
  }
}

/// Returns the running statistics of all norms.
std::vector<float> RunningOf(const TrainedGraph& graph, std::span<const float> parameters) {
  std::vector<float> running;
  for (const Segment& segment : graph.segments()) {
    if (segment.kind != Segment::Kind::kMean && segment.kind != Segment::Kind::kVariance) continue;
    const auto values = segment.Of(parameters);
    running.insert(running.end(), values.begin(), values.end());
  }
  return running;
}

TEST_CASE("Running statistics move until batch norms are frozen, weights go on", "[tuning]") {
  const NormedNetwork made = MakeNormed(MixedNetworkWithNorms());
  const TrainedGraph& graph = made.network.graph;
  TrainingSettings settings = Settings(BatchNormTraining::kCorrected);
  settings.freeze_after = 4;
  const TrainingState at = Trained(made, settings, 1, {}, 4), end = Trained(made, settings, 1);
  CHECK(RunningOf(graph, at.parameters) != RunningOf(graph, graph.initial()));
  CHECK(RunningOf(graph, at.parameters) == RunningOf(graph, end.parameters));
  CHECK(at.parameters != end.parameters);
}

/// Returns some of the samples of a set.
TrainingSet Part(const TrainingSet& all, std::span<const size_t> chosen) {
  TrainingSet part{chosen.size(), {}, all.losses, {}, {}};
  const std::vector<size_t> places(chosen.begin(), chosen.end());
  part.read = [&all, places](size_t i) { return all.read(places[i]); };
  for (const size_t place : places) {
    part.teacher.push_back(all.teacher[place]);
    part.labels.push_back(all.labels[place]);
  }
  return part;
}

/// Returns the parameters behind one step that takes all samples of a set.
std::vector<float> Stepped(const NormedNetwork& made, const TrainingSet& samples,
                           size_t micro_batch) {
  TrainingSettings settings = Settings(BatchNormTraining::kCorrected);
  settings.batch = samples.count;
  settings.micro_batch = micro_batch;
  settings.schedule = {Schedule::Kind::kConstant, 0.01, 0, 1};
  settings.optimizer = FindOptimizerMethod("sgd");
  ThreadPool threads(2);
  Trainer trainer(made.network.graph, samples, settings, threads);
  TrainingState state = trainer.Start();
  trainer.Step(state);
  return state.parameters;
}

TEST_CASE("With micro-batches the statistics are a micro-batch's", "[tuning]") {
  const NormedNetwork made = MakeNormed(MixedNetworkWithNorms());
  const TrainingSet all = CornerSamples(made.network, 8, 100);
  const std::vector<size_t> order = BatchOf(8, 8, 0, 0);
  const auto half = [&](size_t first) {
    return Stepped(made, Part(all, std::span(order).subspan(first, 4)), 0);
  };
  const std::vector<float> initial = made.network.graph.initial(), whole = Stepped(made, all, 4),
                           first = half(0), second = half(4);
  for (const Segment& segment : made.network.graph.segments()) {
    const bool runs =
        segment.kind == Segment::Kind::kMean || segment.kind == Segment::Kind::kVariance;
    if (!segment.trained && !runs) continue;
    INFO(segment.name);
    double apart = 0, most = 0, moved = 0;
    for (size_t i = segment.offset; i < segment.offset + segment.count; ++i) {
      const double x = double{initial[i]}, a = double{first[i]} - x, b = double{second[i]} - x;
      // The gradients' mean moves parameters; running statistics move twice, to a hundredth each.
      const double expected = runs ? x + 0.99 * a + b : x + (a + b) / 2;
      apart = std::max(apart, std::abs(double{whole[i]} - expected));
      most = std::max(most, std::abs(x));
      moved = std::max({moved, std::abs(a), std::abs(b)});
    }
    CHECK(moved > 0);
    // Sums of 8 gradients in another order, which may cancel to a tenth, and parameters rounded.
    CHECK(apart <= 0x1p-23 * (80 * moved + 3 * most));
  }
}

TEST_CASE("A norm that is not trained folds into the graph that was built", "[tuning]") {
  const NormedNetwork made = MakeNormed(MixedNetworkWithNorms());
  const TrainedGraph& graph = made.network.graph;
  std::vector<float> parameters = graph.initial();
  FoldNorms(graph, parameters);
  const Graph tuned = TunedGraphOf(graph, parameters);
  for (const TrainedLayer& layer : graph.layers()) {
    INFO(layer.node);
    const auto bytes = [&](const Graph& of, TensorId id) {
      const auto& all = of.tensor(id).constant->bytes;
      return std::vector<std::byte>(all.begin(), all.end());
    };
    CHECK(bytes(tuned, layer.weights) == bytes(graph.quantized(), layer.weights));
    const auto ours = tuned.tensor(layer.bias).Values<int32_t>();
    const auto built = graph.quantized().tensor(layer.bias).Values<int32_t>();
    for (size_t c = 0; c < ours.size(); ++c) CHECK(std::abs(ours[c] - built[c]) <= 1);
  }
}

TEST_CASE("Frozen norms compute what the folded network computes", "[tuning]") {
  const NormedNetwork made = MakeNormed(MixedNetworkWithNorms());
  const TrainedGraph& normed = made.network.graph;
  const std::vector<TensorId> losses{made.network.losses[0].student};
  const TrainedGraph folded(made.network.real, normed.quantized(), losses, RangeTraining::kFixed);
  const TrainingSet samples = CornerSamples(made.network, 1, 5);
  const auto outputs = [&](const TrainedGraph& graph) {
    const std::vector<float> values = FileValuesOf(graph, graph.initial());
    const SimulationKernels kernels(graph);
    SimulationRun run(graph, kernels);
    const auto sample = samples.read(0);
    std::copy(sample[0].begin(), sample[0].end(), run.Input(0).begin());
    run.Forward(values);
    const auto result = run.Value(losses[0]);
    return std::vector<float>(result.begin(), result.end());
  };
  CHECK(outputs(normed) == outputs(folded));
}

TEST_CASE("A batch norm whose weights hold more than it is left folded and named", "[tuning]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 3});
  const auto norm = [&](TensorId of, const std::string& name) {
    return b.Emit(BatchNorm{},
                  {of, b.Random("g" + name, {4}, 1, 2), b.Random("b" + name, {4}),
                   b.Random("m" + name, {4}), b.Random("v" + name, {4}, 1, 2)},
                  name);
  };
  const TensorId twice = norm(norm(b.Emit(Conv2D{}, {x, b.Random("w", {4, 3, 3, 3})}), "n1"), "n2");
  const TensorId alone = norm(b.Emit(Relu{}, {twice}), "n3");
  const Graph unfolded = b.Output(b.Emit(Relu{}, {alone}, "y")).Build();
  const NormedNetwork made = MakeNormed(unfolded);
  CHECK(made.found.merged == std::vector<std::string>{"n1", "n2"});
  REQUIRE(made.found.norms.size() == 1);
  CHECK(made.found.norms[0].norm == "n3");
  CHECK(made.found.norms[0].alone);
  REQUIRE(made.network.graph.NormedLayers().size() == 1);
  const TrainedNorm& alone_norm = *made.network.graph.NormedLayers()[0]->norm;
  CHECK_FALSE(made.network.graph.segments()[alone_norm.unfolded_segment].trained);
  CHECK(made.network.graph.segments()[alone_norm.gamma_segment].trained);
}

}  // namespace
}  // namespace qconvert
