// Tune as a user meets it: files in, a file out, and what it refuses.
#include <cmath>
#include <fstream>

#include <catch2/catch.hpp>

#include "test/convert/tuning_fixture.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

/// A convolution, a ReLU and the means of its channels, which are the scores of 3 classes.
std::string SmallModel() {
  ModelBuilder model;
  model.Input("x", {"1", "1", "8", "8"});
  model.Weights("w", {3, 1, 3, 3}, RandomFloats(27, 1));
  model.Node("Conv", {"x", "w"}, {"c"});
  model.Node("Relu", {"c"}, {"r"});
  model.Node("GlobalAveragePool", {"r"}, {"g"});
  model.Node("Flatten", {"g"}, {"y"});
  model.Output("y");
  return model.Bytes();
}

class Fixture : public TuningFixture {
 public:
  Fixture() : TuningFixture(SmallModel()) {}
};

TEST_CASE("Tune holds samples out, trains, and writes a file that is no worse", "[convert]") {
  Fixture fixture;
  fixture.options.labels = fixture.Path("labels.txt");
  size_t reports = 0;
  fixture.options.report = [&](const TuneProgress& progress) {
    ++reports;
    CHECK(progress.steps == 12);
    CHECK(progress.unit == "%");
  };
  const TuneSummary summary = Tune(fixture.options);
  CHECK(summary.training_samples == 54);
  CHECK(summary.validation_samples == 6);
  CHECK(summary.steps == 12);
  CHECK(reports == 2);
  CHECK(*summary.tuned.top1_percent >= *summary.plain.top1_percent);
  CHECK(fixture.Read("m.tflite").size() == summary.output_bytes);
}

TEST_CASE("Nodes with 16-bit activations are trained beside others", "[convert]") {
  Fixture fixture;
  fixture.options.convert.wide = "Conv_c";
  const TuneSummary summary = Tune(fixture.options);
  CHECK_THAT(summary.mode, Catch::Matchers::Contains("int8 and int16 activations"));
  fixture.options.convert.wide = "nothing";
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "--wide 'nothing' matches no node"));
}

TEST_CASE("Weights with zero points are trained for our runner", "[convert]") {
  Fixture fixture;
  fixture.options.convert.scheme = ConvertOptions::Scheme::kAsymmetric;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "--allow-extensions"));
  fixture.options.convert.allow_extensions = true;
  const TuneSummary summary = Tune(fixture.options);
  CHECK_THAT(summary.mode, Catch::Matchers::Contains("asymmetric weights"));
}

TEST_CASE("A file that training does not better is the conversion's", "[convert]") {
  Fixture fixture;
  fixture.options.learning_rate = 1e-12;
  const TuneSummary summary = Tune(fixture.options);
  CHECK_FALSE(summary.is_tuned);
  ConvertOptions convert = fixture.options.convert;
  convert.output = fixture.Path("plain.tflite");
  Convert(convert);
  CHECK(fixture.Read("plain.tflite") == fixture.Read("m.tflite"));
}

TEST_CASE("A training that is killed and resumed ends in the same files", "[convert]") {
  Fixture fixture;
  fixture.options.validate_every = 5;
  fixture.RequireSurvivesKill(5, 2, {"m.tflite", "run.qtune"});
}

TEST_CASE("An interrupted training tells what it did and leaves the best file", "[convert]") {
  Fixture fixture;
  fixture.options.validate_every = 5;
  fixture.options.report = [](const TuneProgress& progress) {
    if (progress.step == 5) throw Error(ErrorKind::kInterrupted, "interrupted");
  };
  std::optional<TuneSummary> told;
  fixture.options.interrupted = [&](const TuneSummary& summary) { told = summary; };
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kInterrupted, "interrupted"));
  REQUIRE(told);
  CHECK(told->steps == 5);
  CHECK(told->curve.size() == 1);
  CHECK(fixture.Read("m.tflite").size() == told->output_bytes);
}

TEST_CASE("Changed pictures are drawn by the seed, and the same after an interruption",
          "[convert]") {
  Fixture fixture;
  fixture.options.validate_every = 4;  // within an epoch of 6 steps
  fixture.options.flip = true;
  fixture.options.padded_crop = 2;
  fixture.RequireSurvivesKill(8, 3, {"m.tflite", "run.qtune"});
}

TEST_CASE("Another seed draws other changes", "[convert]") {
  Fixture fixture;
  fixture.options.batch = 54;  // of all samples, whose order then matters only for rounding
  fixture.options.epochs = 1;
  const auto loss = [&](uint64_t seed, bool flip) {
    fixture.options.seed = seed;
    fixture.options.flip = flip;
    return Tune(fixture.options).last_loss;
  };
  CHECK(loss(1, false) == Approx(loss(2, false)).epsilon(1e-9));
  CHECK(loss(1, true) != Approx(loss(2, true)).epsilon(1e-6));
}

TEST_CASE("Inputs that are no pictures are not changed", "[convert]") {
  Fixture fixture;
  ModelBuilder model;
  model.Input("x", {"1", "64"});
  model.Weights("w", {64, 3}, RandomFloats(192, 1));
  model.Node("MatMul", {"x", "w"}, {"y"});
  model.Output("y");
  fixture.Write("vector.onnx", model.Bytes());
  fixture.options.flip = true;
  TuneOptions vector = fixture.options;
  vector.convert.model = fixture.Path("vector.onnx");
  fixture.Write("v.npy", Npy("<f4", "(60, 1, 64)", Raw(RandomFloats(kTuningSamples * 64, 3))));
  vector.convert.data.paths = {fixture.Path("v.npy")};
  CHECK_THAT(ErrorOf([&] { Tune(vector); }), IsError(ErrorKind::kUsage, "of shape 1x64 is none"));
  fixture.options.padded_crop = 8;
  CHECK_THAT(fixture.Refused(),
             IsError(ErrorKind::kUsage, "--padded-crop 8 can cut a picture away"));
}

TEST_CASE("The curve of a resumed training is that of the whole", "[convert]") {
  Fixture fixture;
  fixture.options.state = fixture.Path("run.qtune");
  fixture.options.validate_every = 4;
  const TuneSummary whole = Tune(fixture.options);
  REQUIRE(whole.curve.size() == 3);
  struct Killed {};
  fixture.options.report = [](const TuneProgress&) { throw Killed{}; };
  CHECK_THROWS_AS(Tune(fixture.options), Killed);
  fixture.options.report = nullptr;
  fixture.options.resume = true;
  const TuneSummary resumed = Tune(fixture.options);
  REQUIRE(resumed.curve.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(resumed.curve[i].step == whole.curve[i].step);
    CHECK(resumed.curve[i].loss == whole.curve[i].loss);
    CHECK(resumed.curve[i].best == whole.curve[i].best);
  }
}

TEST_CASE("A state of another run is refused by name", "[convert]") {
  Fixture fixture;
  fixture.options.state = fixture.Path("run.qtune");
  Tune(fixture.options);
  fixture.options.resume = true;
  fixture.options.seed = 1;
  CHECK_THAT(fixture.Refused(),
             IsError(ErrorKind::kUnusable, "it says '--seed 0', this run '--seed 1'"));
}

/// A convolution with a bigger window, whose scores end in a softmax: a teacher of SmallModel.
std::string Teacher(const std::string& size, int64_t classes) {
  ModelBuilder model;
  model.Input("pictures", {"1", "1", size, size});
  model.Weights("w", {classes, 1, 5, 5}, RandomFloats(static_cast<size_t>(classes) * 25, 9));
  model.Node("Conv", {"pictures", "w"}, {"c"});
  model.Node("GlobalAveragePool", {"c"}, {"g"});
  model.Node("Flatten", {"g"}, {"f"});
  model.Node("Softmax", {"f"}, {"p"});
  model.Output("p");
  return model.Bytes();
}

TEST_CASE("Another teacher is followed, and the validation without labels is against it",
          "[convert]") {
  Fixture fixture;
  fixture.Write("teacher.onnx", Teacher("8", 3));
  const TuneSummary own = Tune(fixture.options);
  fixture.options.teacher = fixture.Path("teacher.onnx");
  fixture.options.learning_rate = 0.3;
  fixture.options.epochs = 20;
  const TuneSummary summary = Tune(fixture.options);
  CHECK_THAT(summary.validation, Catch::EndsWith(", against the teacher"));
  CHECK(*own.plain.agreement_percent > 80);  // of an int8 file with its own float network
  CHECK(*summary.plain.agreement_percent < 60);
  CHECK(*summary.tuned.agreement_percent > 80);
}

TEST_CASE("A teacher of other inputs or outputs is refused before any work", "[convert]") {
  Fixture fixture;
  fixture.options.teacher = fixture.Path("teacher.onnx");
  fixture.options.report = [](const TuneProgress&) { FAIL("it trained"); };
  fixture.Write("teacher.onnx", Teacher("10", 3));
  CHECK_THAT(fixture.Refused(),
             IsError(ErrorKind::kUnusable,
                     "teacher.onnx: input 'pictures' is float32 1x1x10x10, the model's 'x' "
                     "float32 1x1x8x8"));
  fixture.Write("teacher.onnx", Teacher("8", 4));
  CHECK_THAT(fixture.Refused(),
             IsError(ErrorKind::kUnusable, "teacher.onnx: output 'f' has 4 classes, the model's"));
  fixture.Write("teacher.onnx", "no model");
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUnusable, "teacher.onnx"));
}

TEST_CASE("A state of another teacher is refused", "[convert]") {
  Fixture fixture;
  fixture.options.state = fixture.Path("run.qtune");
  Tune(fixture.options);
  fixture.Write("teacher.onnx", Teacher("8", 3));
  fixture.options.teacher = fixture.Path("teacher.onnx");
  fixture.options.resume = true;
  CHECK_THAT(fixture.Refused(),
             IsError(ErrorKind::kUnusable, "it says 'teacher the model', this run 'teacher "));
}

TEST_CASE("A training logs a line of JSON at each validation", "[convert]") {
  Fixture fixture;
  fixture.options.log = fixture.Path("log.jsonl");
  Tune(fixture.options);
  const std::string log = fixture.Read("log.jsonl");
  CHECK(std::count(log.begin(), log.end(), '\n') == 2);
  CHECK_THAT(log, Catch::StartsWith("{\"step\":6,\"steps\":12,"));
}

TEST_CASE("A state that cannot be resumed is named", "[convert]") {
  Fixture fixture;
  fixture.options.state = fixture.Path("run.qtune");
  fixture.options.resume = true;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "there is no state to resume"));
  fixture.Write("run.qtune", "something else");
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUnusable, "no state of qtune"));
}

TEST_CASE("A label that the network lacks names the sample", "[convert]") {
  Fixture fixture;
  fixture.WriteLabels([](size_t i) { return i % 3 + 1; });
  fixture.options.labels = fixture.Path("labels.txt");
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUnusable, "subtract 1 from each label"));
}

TEST_CASE("A rate that breaks the loss keeps the state and names the step", "[convert]") {
  Fixture fixture;
  fixture.options.state = fixture.Path("run.qtune");
  fixture.options.optimizer = "sgd";
  fixture.options.learning_rate = 1e38;
  const Error error = fixture.Refused();
  CHECK_THAT(error, IsError(ErrorKind::kUnusable, "became NaN or infinite"));
  CHECK_FALSE(fixture.Read("run.qtune").empty());
}

TEST_CASE("Tune refuses options that cannot take effect", "[convert]") {
  Fixture fixture;
  TuneOptions options = fixture.options;
  options.momentum = 0.5;
  CHECK_THAT(ErrorOf([&] { Tune(options); }), IsError(ErrorKind::kUsage, "drop --momentum"));
  options = fixture.options;
  options.resume = true;
  CHECK_THAT(ErrorOf([&] { Tune(options); }), IsError(ErrorKind::kUsage, "add --state"));
  options = fixture.options;
  options.distillation = 0.5;
  CHECK_THAT(ErrorOf([&] { Tune(options); }), IsError(ErrorKind::kUsage, "add --labels"));
  options = fixture.options;
  options.convert.data.paths.clear();
  CHECK_THAT(ErrorOf([&] { Tune(options); }), IsError(ErrorKind::kUsage, "add --data"));
  options = fixture.options;
  options.warm_up = 100;
  CHECK_THAT(ErrorOf([&] { Tune(options); }), IsError(ErrorKind::kUsage, "--warm-up 100"));
  options = fixture.options;
  options.convert.output = options.convert.model;
  CHECK_THAT(ErrorOf([&] { Tune(options); }), IsError(ErrorKind::kUsage, "the model itself"));
}

}  // namespace
}  // namespace qconvert
