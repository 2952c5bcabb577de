// Tune on a model that keeps its batch norms, and the float model that it writes on request.
#include <catch2/catch.hpp>

#include "test/convert/tuning_fixture.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

using BatchNorm = TuneOptions::BatchNorm;
using Catch::Matchers::Contains;
using Catch::Matchers::VectorContains;

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

class Fixture : public TuningFixture {
 public:
  explicit Fixture(bool normed = true) : TuningFixture(SmallModel(normed)) {
    options.convert.bits = 4;
    options.convert.all_layers = true;
  }

  /// Trains until some labels are known by heart, so that training wins.
  void LearnLabels() {
    options.labels = options.validation_labels = Path("labels.txt");
    options.validation.paths = options.convert.data.paths;
    options.distillation = 0;
    options.learning_rate = 0.01;
    options.epochs = 20;
  }

  onnx::ModelProto Model(const std::string& name) const {
    onnx::ModelProto model;
    REQUIRE(model.ParseFromString(Read(name)));
    return model;
  }
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
  fixture.options.save_onnx = fixture.Path("tuned.onnx");
  fixture.options.validate_every = 5;
  fixture.RequireSurvivesKill(5, 2, {"m.tflite", "run.qtune", "tuned.onnx"});
  fixture.options.batch_norm = BatchNorm::kNaive;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUnusable, "--batch-norm"));
}

TEST_CASE("A batch of one sample has no statistics", "[convert]") {
  Fixture fixture;
  fixture.options.batch = 1;
  for (auto batch_norm : {BatchNorm::kCorrected, BatchNorm::kNaive}) {
    fixture.options.batch_norm = batch_norm;
    CHECK_THAT(fixture.Refused(),
               IsError(ErrorKind::kUsage, "a batch of one sample has no statistics"));
  }
  fixture.options.batch = 8;
  fixture.options.micro_batch = 1;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "use --micro-batch 2 or more"));
  fixture.options.batch = 1;
  fixture.options.batch_norm = BatchNorm::kFrozen;
  CHECK_NOTHROW(Tune(fixture.options));
  fixture.options.freeze_bn_after = 3;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "--freeze-bn-after"));
  fixture.options.freeze_bn_after = -1;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "not below 0"));
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
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "the model itself"));
  fixture.options.save_onnx = "-";
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "--save-onnx are files"));
  fixture.options.save_onnx = fixture.Path("no such folder/tuned.onnx");
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kIo, "tuned.onnx"));
}

}  // namespace
}  // namespace qconvert
