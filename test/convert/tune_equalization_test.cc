// Tune on a network whose channels differ in size.
#include <cmath>

#include <catch2/catch.hpp>

#include "test/convert/tuning_fixture.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

using Catch::Matchers::Contains;

constexpr int kChannels = 4;

/// Two convolutions with a ReLU between them; channel c of the first is 2^-5 to 2^4 times as large,
/// and the second divides by that.
std::string UnevenModel() {
  std::vector<float> first = RandomFloats(9 * kChannels, 1), second;
  for (size_t i = 0; i < first.size(); ++i) {
    const float factor = std::exp2(static_cast<float>(i / 9) * 3 - 5);
    first[i] *= factor;
  }
  second = RandomFloats(3 * kChannels, 2);
  for (size_t i = 0; i < second.size(); ++i) {
    second[i] *= std::exp2(5 - static_cast<float>(i % kChannels) * 3);
  }
  ModelBuilder model;
  model.Input("x", {"1", "1", "8", "8"});
  model.Weights("w1", {kChannels, 1, 3, 3}, first);
  model.Weights("w2", {3, kChannels, 1, 1}, second);
  model.Node("Conv", {"x", "w1"}, {"c"}, "first");
  model.Node("Relu", {"c"}, {"r"});
  model.Node("Conv", {"r", "w2"}, {"d"}, "second");
  model.Node("GlobalAveragePool", {"d"}, {"g"});
  model.Node("Flatten", {"g"}, {"y"});
  model.Output("y");
  return model.Bytes();
}

class Fixture : public TuningFixture {
 public:
  Fixture() : TuningFixture(UnevenModel()) {
    options.convert.granularity = ConvertOptions::Granularity::kPerLayer;
    options.epochs = 1;
  }
};

TEST_CASE("One scale per layer is trained on equalized channels", "[convert]") {
  Fixture fixture;
  const TuneSummary by_itself = Tune(fixture.options);
  CHECK_THAT(by_itself.equalization, Contains("1 of 1 chains kept"));
  fixture.options.equalize = false;
  const TuneSummary without = Tune(fixture.options);
  CHECK(without.equalization.empty());
  CHECK(by_itself.plain.sqnr_db > without.plain.sqnr_db + 6);
}

TEST_CASE("A scale per channel is trained on the channels as they are, unless asked", "[convert]") {
  Fixture fixture;
  fixture.options.convert.granularity.reset();
  CHECK(Tune(fixture.options).equalization.empty());
  fixture.options.equalize = true;
  CHECK_FALSE(Tune(fixture.options).equalization.empty());
}

TEST_CASE("Equalized weights are not the model's own, so some options refuse them", "[convert]") {
  Fixture fixture;
  fixture.options.save_onnx = fixture.Path("tuned.onnx");
  CHECK(Tune(fixture.options).equalization.empty());
  fixture.options.equalize = true;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "--save-onnx"));
  fixture.options.save_onnx.clear();
  fixture.options.batch_norm = TuneOptions::BatchNorm::kCorrected;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "--batch-norm frozen"));
}

TEST_CASE("Simulated bits and stochastic rounding are refused where they change nothing",
          "[convert]") {
  Fixture fixture;
  fixture.options.simulated_activation_bits = 8;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "--simulate-activation-bits is 2 to 7"));
  fixture.options.simulated_activation_bits = 4;
  fixture.options.convert.activation_bits = 16;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "--activation-bits 16"));
  fixture.options.convert.activation_bits.reset();
  CHECK_THAT(Tune(fixture.options).mode, Contains("activations of 4 bits, simulated"));
  fixture.options.rounding = TuneOptions::Rounding::kStochastic;
  fixture.options.batch_norm = TuneOptions::BatchNorm::kNaive;
  CHECK_THAT(fixture.Refused(), IsError(ErrorKind::kUsage, "--rounding stochastic"));
}

}  // namespace
}  // namespace qconvert
