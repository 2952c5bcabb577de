// Tune on a model that keeps its batch norms, and the float model that it writes on request.
#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

using BatchNorm = TuneOptions::BatchNorm;
using Catch::Matchers::Contains;
using Catch::Matchers::VectorContains;

constexpr size_t kSamples = 60, kValues = 8 * 8;

/// A convolution without a bias, a batch norm if it is wanted, a ReLU and the means of its
/// channels.
std::string SmallModel(bool normed) {
  ModelBuilder model;
  model.Input("x", {"1", "1", "8", "8"});
  model.Weights("w", {3, 1, 3, 3}, RandomFloats(27, 1));
  model.Node("Conv", {"x", "w"}, {"c"}, "conv");
  if (normed) {
    model.Weights("gamma", {3}, {1, 2, 0.5F});
    model.Weights("beta", {3}, {0, 0.5F, -0.5F});
    model.Weights("mean", {3}, {0.5F, -0.5F, 0});
    model.Weights("variance", {3}, {2, 4, 1});
    model.Node("BatchNormalization", {"c", "gamma", "beta", "mean", "variance"}, {"n"}, "norm");
  }
  model.Node("Relu", {normed ? "n" : "c"}, {"r"});
  model.Node("GlobalAveragePool", {"r"}, {"g"});
  model.Node("Flatten", {"g"}, {"y"});
  model.Output("y");
  return model.Bytes();
}

/// A folder with a model and samples, and options that train on them.
class Fixture {
 public:
  explicit Fixture(bool normed = true) {
    folder_.Write("m.onnx", SmallModel(normed));
    folder_.Write("x.npy",
                  Npy("<f4", "(60, 1, 8, 8)", Raw(RandomFloats(kSamples * kValues, 3, -2, 2))));
    options.convert.model = folder_ / "m.onnx";
    options.convert.output = folder_ / "m.tflite";
    options.convert.data.paths = {folder_ / "x.npy"};
    options.convert.bits = 4;
    options.convert.all_layers = true;
    options.convert.quiet = true;
    options.convert.threads = 1;
    options.batch = 9;
    options.epochs = 2;
  }

  /// Trains until some labels are known by heart, so that training wins.
  void LearnLabels() {
    std::string labels;
    for (size_t i = 0; i < kSamples; ++i) labels += std::to_string(i % 3) + "\n";
    folder_.Write("labels.txt", labels);
    options.labels = options.validation_labels = folder_ / "labels.txt";
    options.validation.paths = options.convert.data.paths;
    options.distillation = 0;
    options.learning_rate = 0.01;
    options.epochs = 20;
  }

  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Read(const std::string& name) const { return ReadBytes(folder_ / name); }
  onnx::ModelProto Model(const std::string& name) const {
    onnx::ModelProto model;
    REQUIRE(model.ParseFromString(Read(name)));
    return model;
  }
  Error Refused(const TuneOptions& refused) const {
    return ErrorOf([&] { Tune(refused); });
  }

  TuneOptions options;

 private:
  ScratchFolder folder_;
};

TEST_CASE("The summary says what is done with batch norms", "[convert]") {
  Fixture fixture;
  fixture.options.batch_norm = BatchNorm::kCorrected;
  CHECK(Tune(fixture.options).batch_norm == "corrected, 1 with the statistics of batches");
  fixture.options.freeze_bn_after = 3;
  CHECK_THAT(Tune(fixture.options).batch_norm, Contains("for 3 steps"));
  fixture.options.freeze_bn_after.reset();
  fixture.options.batch_norm = BatchNorm::kFrozen;
  CHECK(Tune(fixture.options).batch_norm == "frozen");
  Fixture without(false);
  without.options.batch_norm = BatchNorm::kNaive;
  CHECK_THAT(Tune(without.options).batch_norm, Contains("has none"));
}

TEST_CASE("A training with statistics of batches is resumed to the same bytes", "[convert]") {
  Fixture fixture;
  fixture.options.batch_norm = BatchNorm::kCorrected;
  fixture.options.freeze_bn_after = 8;
  fixture.options.state = fixture.Path("run.qtune");
  fixture.options.save_onnx = fixture.Path("tuned.onnx");
  fixture.options.validate_every = 5;
  Tune(fixture.options);
  const std::string file = fixture.Read("m.tflite"), state = fixture.Read("run.qtune");
  const std::string model = fixture.Read("tuned.onnx");
  struct Killed {};
  fixture.options.report = [](const TuneProgress& progress) {
    if (progress.step == 5) throw Killed{};
  };
  CHECK_THROWS_AS(Tune(fixture.options), Killed);
  fixture.options.report = nullptr;
  fixture.options.resume = true;
  fixture.options.convert.threads = 2;
  Tune(fixture.options);
  CHECK(fixture.Read("m.tflite") == file);
  CHECK(fixture.Read("run.qtune") == state);
  CHECK(fixture.Read("tuned.onnx") == model);
  fixture.options.batch_norm = BatchNorm::kNaive;
  CHECK_THAT(fixture.Refused(fixture.options), IsError(ErrorKind::kUnusable, "--batch-norm"));
}

TEST_CASE("A batch of one sample has no statistics", "[convert]") {
  Fixture fixture;
  fixture.options.batch = 1;
  for (auto batch_norm : {BatchNorm::kCorrected, BatchNorm::kNaive}) {
    fixture.options.batch_norm = batch_norm;
    CHECK_THAT(fixture.Refused(fixture.options),
               IsError(ErrorKind::kUsage, "a batch of one sample has no statistics"));
  }
  fixture.options.batch = 8;
  fixture.options.micro_batch = 1;
  CHECK_THAT(fixture.Refused(fixture.options),
             IsError(ErrorKind::kUsage, "use --micro-batch 2 or more"));
  fixture.options.batch = 1;
  fixture.options.batch_norm = BatchNorm::kFrozen;
  CHECK_NOTHROW(Tune(fixture.options));
  fixture.options.freeze_bn_after = 3;
  CHECK_THAT(fixture.Refused(fixture.options), IsError(ErrorKind::kUsage, "--freeze-bn-after"));
  fixture.options.freeze_bn_after = -1;
  CHECK_THAT(fixture.Refused(fixture.options), IsError(ErrorKind::kUsage, "not below 0"));
}

TEST_CASE("The float model has other weights, and nothing else is changed", "[convert]") {
  Fixture fixture;
  fixture.options.batch_norm = BatchNorm::kCorrected;
  fixture.options.save_onnx = fixture.Path("tuned.onnx");
  fixture.LearnLabels();
  const TuneSummary summary = Tune(fixture.options);
  REQUIRE(summary.is_tuned);
  const onnx::ModelProto before = fixture.Model("m.onnx");
  onnx::ModelProto after = fixture.Model("tuned.onnx");
  for (int i = 0; i < 5; ++i) {
    CHECK(after.graph().initializer(i).has_raw_data());
    *after.mutable_graph()->mutable_initializer(i) = before.graph().initializer(i);
  }
  CHECK(after.SerializeAsString() == before.SerializeAsString());
}

TEST_CASE("A float model of a training that wins nothing is the model", "[convert]") {
  Fixture fixture;
  fixture.options.learning_rate = 1e-12;
  fixture.options.batch_norm = BatchNorm::kFrozen;
  fixture.options.save_onnx = fixture.Path("tuned.onnx");
  CHECK_FALSE(Tune(fixture.options).is_tuned);
  CHECK(fixture.Read("tuned.onnx") == fixture.Read("m.onnx"));
}

TEST_CASE("A bias that the model lacks is named and not trained where it is to be written back",
          "[convert]") {
  Fixture fixture(false);
  fixture.options.save_onnx = fixture.Path("tuned.onnx");
  const std::string named =
      "not trained, for the model holds nothing that --save-onnx could write instead: "
      "the bias of conv";
  CHECK_THAT(Tune(fixture.options).warnings, VectorContains(named));
  fixture.options.save_onnx.clear();
  CHECK_THAT(Tune(fixture.options).warnings, !VectorContains(named));
}

TEST_CASE("A float model does not go where something else is", "[convert]") {
  Fixture fixture;
  fixture.options.save_onnx = fixture.options.convert.model;
  CHECK_THAT(fixture.Refused(fixture.options), IsError(ErrorKind::kUsage, "the model itself"));
  fixture.options.save_onnx = "-";
  CHECK_THAT(fixture.Refused(fixture.options), IsError(ErrorKind::kUsage, "--save-onnx are files"));
  fixture.options.save_onnx = fixture.Path("no such folder/tuned.onnx");
  CHECK_THAT(fixture.Refused(fixture.options), IsError(ErrorKind::kIo, "tuned.onnx"));
}

}  // namespace
}  // namespace qconvert
