#include "lib/tuning/loss.h"

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr size_t kClasses = 5;

/// Checks gradients against differences of the loss.
///   loss(student, gradients) adds to the gradients
template <typename Loss>
void RequireGradients(const Loss& loss) {
  std::vector<float> student = RandomFloats(kClasses, 1, -2, 2), gradients(kClasses);
  loss(student, std::span(gradients));
  for (size_t i = 0; i < kClasses; ++i) {
    constexpr float kStep = 0x1p-7F;  // float values: a smaller one loses more than it gains
    std::vector<float> above = student, below = student;
    above[i] += kStep;
    below[i] -= kStep;
    const double slope =
        (loss(above, std::span<float>()) - loss(below, std::span<float>())) / (2 * double{kStep});
    CHECK(double{gradients[i]} == Approx(slope).margin(1e-4));
  }
}

TEST_CASE("Gradients of scores are the slopes of cross-entropy and distillation", "[tuning]") {
  const std::vector<float> teacher = RandomFloats(kClasses, 2, -3, 3);
  const double distillation = GENERATE(0.0, 0.3, 1.0), temperature = GENERATE(1.0, 2.5);
  RequireGradients([&](const std::vector<float>& student, std::span<float> gradients) {
    return AddScoreLoss({distillation, temperature}, teacher, student, 3, gradients);
  });
}

TEST_CASE("Without a label only the teacher is followed, and its own scores lose nothing",
          "[tuning]") {
  const std::vector<float> teacher = RandomFloats(kClasses, 2, -3, 3);
  CHECK(AddScoreLoss({0.2, 2}, teacher, teacher, std::nullopt, {}) == Approx(0).margin(1e-9));
}

TEST_CASE("The loss of values is the ratio of noise to signal", "[tuning]") {
  const std::vector<float> teacher{1, -1, 1, -1, 1}, student{1, -1, 1, -1, 2};
  CHECK(AddValueLoss(1, teacher, student, {}) == Approx(0.2));
  RequireGradients([&](const std::vector<float>& values, std::span<float> gradients) {
    return AddValueLoss(0.7, teacher, values, gradients);
  });
}

TEST_CASE("Scores are read before a last softmax", "[tuning]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6});
  const TensorId scores = b.Emit(Relu{}, {x}, "scores");
  const TensorId softmax = b.Emit(Softmax{}, {scores}, "p");
  const Graph graph = b.Output(b.Emit(Reshape{{6, 1}}, {softmax}, "y")).Build();
  const auto losses = FindLossTensors(graph, graph, true);
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].scores);
  CHECK(losses[0].student == scores);
  CHECK_FALSE(FindLossTensors(graph, graph, false)[0].scores);
}

TEST_CASE("A map of values is no vector of scores", "[tuning]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 2});
  const Graph graph = b.Output(b.Emit(Relu{}, {x}, "y")).Build();
  CHECK_FALSE(FindLossTensors(graph, graph, true)[0].scores);
}

TEST_CASE("Another teacher is read where it has scores, and must have as many", "[tuning]") {
  const auto network = [](int64_t classes, bool softmax) {
    GraphBuilder b;
    const TensorId y =
        b.Emit(FullyConnected{}, {b.Input("x", {1, 4}), b.Random("w", {classes, 4})}, "y");
    return b.Output(softmax ? b.Emit(Softmax{}, {y}, "p") : y).Build();
  };
  const Graph real = network(3, false), teacher = network(3, true);
  std::vector<LossTensor> losses = FindLossTensors(real, real, true);
  FollowOther(real, teacher, losses);
  CHECK(teacher.tensor(losses.at(0).teacher).name == "y");
  CHECK(real.tensor(losses.at(0).student).name == "y");
  CHECK_THAT(ErrorOf([&] { FollowOther(real, network(4, true), losses); }),
             IsError(ErrorKind::kUnusable, "output 'y' has 4 classes, the model's 'y' 3"));
  std::vector<LossTensor> values = FindLossTensors(real, real, false);
  FollowOther(real, teacher, values);
  CHECK(teacher.tensor(values.at(0).teacher).name == "p");
  CHECK_THAT(ErrorOf([&] { FollowOther(real, network(4, false), values); }),
             IsError(ErrorKind::kUnusable, "output 'y' is 1x4, the model's 'y' 1x3"));
}

}  // namespace
}  // namespace qconvert
