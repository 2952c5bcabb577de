// Gates judge a comparison that a test makes up, without running a network.
#include "lib/evaluation/gate.h"

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// An output on samples of which number i is `reference`, and `candidate` moved by noise[i].
OutputComparison Output(const std::vector<float>& reference, const std::vector<float>& candidate,
                        const std::vector<float>& noise = {0, 0, 0, 0, 0, 0}) {
  OutputComparison output;
  for (const float offset : noise) {
    std::vector<float> moved = candidate;
    for (float& value : moved) value += offset;
    output.Add(reference, moved);
  }
  return output;
}

/// Samples of 10 classes; 180 of 200 right before and 170 after, 190 with the same top-1, or so
/// many times as many.
Comparison Classified(size_t times = 1) {
  Comparison comparison;
  comparison.samples = 200 * times;
  comparison.classes = 10;
  comparison.agreement = 190 * times;
  comparison.reference = Accuracy{180 * times, 200 * times, 0, 0};
  comparison.candidate = Accuracy{170 * times, 198 * times, 0, 0};
  comparison.top1_changes = {10 * times, 0};
  comparison.top5_changes = {2 * times, 0};
  return comparison;
}

/// Six samples, each with an output of 20 dB.
Comparison Near() {
  Comparison comparison;
  comparison.samples = 6;
  comparison.outputs.push_back(Output({3, 4}, {3, 4.5F}));  // 10 log10(25 / 0.25) = 20 dB
  return comparison;
}

Port OutputOf(const Shape& shape) { return {"y", 0, shape}; }

GateResult Judged(const Comparison& comparison, const GateLimits& limits) {
  const auto results = Judge({comparison}, limits);
  REQUIRE(results.size() == 2);
  CHECK(results[1].gate == "degenerate");
  return results[0];
}

Verdict VerdictOf(const Comparison& comparison, const GateLimits& limits) {
  return Judged(comparison, limits).verdict;
}

TEST_CASE("A figure alone is that of the gate with its interval", "[evaluation]") {
  const Comparison classified = Classified(), near = Near();
  CHECK(FigureAlone(*FindGateKind("max-drop"), classified) == Approx(5));
  CHECK(FigureAlone(*FindGateKind("min-agreement"), classified) == Approx(95));
  CHECK(FigureAlone(*FindGateKind("min-sqnr"), near) == Judged(near, {.min_sqnr = 1}).value);
  CHECK(FigureAlone(*FindGateKind("min-sqnr"), near) == Approx(20));
}

TEST_CASE("A gate passes or fails when its limit lies beyond the interval", "[evaluation]") {
  const Comparison comparison = Classified();  // drop: 5 points, 2.4 to 9 or so
  CHECK(VerdictOf(comparison, {.max_drop = 12}) == Verdict::kPass);
  CHECK(VerdictOf(comparison, {.max_drop = 5.5}) == Verdict::kUndecided);
  CHECK(VerdictOf(comparison, {.max_drop = 1}) == Verdict::kFail);
  CHECK(VerdictOf(comparison, {.min_top1 = 78}) == Verdict::kPass);
  CHECK(VerdictOf(comparison, {.min_top1 = 84}) == Verdict::kUndecided);
  CHECK(VerdictOf(comparison, {.min_top1 = 91}) == Verdict::kFail);
  CHECK(VerdictOf(comparison, {.min_agreement = 90}) == Verdict::kPass);
  CHECK(VerdictOf(comparison, {.min_agreement = 94}) == Verdict::kUndecided);
  CHECK(VerdictOf(comparison, {.min_agreement = 99}) == Verdict::kFail);
  CHECK(VerdictOf(comparison, {.max_top5_drop = 5}) == Verdict::kPass);
  CHECK(VerdictOf(comparison, {.max_top5_drop = 0.5}) == Verdict::kUndecided);
}

TEST_CASE("The number of samples that an undecided gate names decides it", "[evaluation]") {
  for (const GateLimits& limits :
       {GateLimits{.max_drop = 5.5}, GateLimits{.max_drop = 4}, GateLimits{.min_top1 = 84},
        GateLimits{.min_agreement = 94}, GateLimits{.max_top5_drop = 0.5}}) {
    const GateResult undecided = Judged(Classified(), limits);
    REQUIRE(undecided.samples_to_decide);
    CHECK(*undecided.samples_to_decide > 200);
    // rounded up to whole multiples of the samples, whose counts are whole
    const size_t times = *undecided.samples_to_decide / 200 + 2;
    CHECK(VerdictOf(Classified(times), limits) != Verdict::kUndecided);
  }
  // A figure at its limit is decided by no number of samples.
  CHECK_FALSE(Judged(Classified(), {.max_drop = 5}).samples_to_decide);
  CHECK_FALSE(Judged(Classified(), {.min_agreement = 100}).samples_to_decide);
}

TEST_CASE("Figures of reals depend on the samples as draws of them show", "[evaluation]") {
  Comparison comparison;
  std::mt19937 random(1);
  std::vector<float> noise;
  for (int i = 0; i < 64; ++i) noise.push_back(0.1F + static_cast<float>(random() % 100) / 400);
  comparison.samples = noise.size();
  comparison.outputs.push_back(Output({3, -4, 1}, {3, -4, 1}, noise));
  const double sqnr_db = comparison.worst_sqnr_db();
  const GateResult sqnr = Judged(comparison, {.min_sqnr = sqnr_db - 0.3});
  CHECK(sqnr.value == Approx(sqnr_db));
  CHECK(sqnr.lower < sqnr_db);
  CHECK(sqnr.upper > sqnr_db);
  CHECK(sqnr.upper - sqnr.lower < 4);
  CHECK(sqnr.verdict == Verdict::kUndecided);
  CHECK(*sqnr.samples_to_decide > 64);
  CHECK(VerdictOf(comparison, {.min_sqnr = sqnr_db - 4}) == Verdict::kPass);
  CHECK(VerdictOf(comparison, {.min_sqnr = sqnr_db + 4}) == Verdict::kFail);
  const double mse = comparison.outputs[0].errors.mean_squared_error();
  CHECK(VerdictOf(comparison, {.max_mse = 2 * mse}) == Verdict::kPass);
  CHECK(VerdictOf(comparison, {.max_mse = mse / 2}) == Verdict::kFail);
  CHECK(VerdictOf(comparison, {.min_correlation = 0.99}) == Verdict::kPass);
}

TEST_CASE("Fewer than six samples decide no figure of reals", "[evaluation]") {
  Comparison comparison;
  comparison.samples = 1;
  comparison.outputs.push_back(Output({3, 4}, {3, 4}, {0}));
  const GateResult exact = Judged(comparison, {.min_sqnr = 20});
  CHECK(exact.verdict == Verdict::kUndecided);
  CHECK(exact.samples_to_decide == kFewestSamples);
  CHECK(VerdictOf(comparison, {.min_correlation = 0}) == Verdict::kUndecided);
}

TEST_CASE("Verdicts tell gate, value and limit, in the order of the gates", "[evaluation]") {
  Comparison comparison = Classified();
  comparison.samples = 200;
  comparison.outputs.push_back(Output({3, 4}, {3, 4.5F}, std::vector<float>(200)));
  const auto verdicts = Judge({comparison}, {6, 80, 90, 30, 0.5});
  REQUIRE(verdicts.size() == 6);
  const std::vector<std::string> gates = {"max-drop", "min-top1",        "min-agreement",
                                          "min-sqnr", "min-correlation", "degenerate"};
  const std::vector<std::string> names = {"top-1 drop (points)", "top-1 (%)",
                                          "agreement (%)",       "SQNR (dB)",
                                          "correlation",         "degenerate outputs"};
  const std::vector<double> values = {5, 85, 95, 20, 1, 0}, limits = {6, 80, 90, 30, 0.5, 0};
  for (size_t i = 0; i < verdicts.size(); ++i) {
    CHECK(verdicts[i].gate == gates[i]);
    CHECK(verdicts[i].name == names[i]);
    CHECK(verdicts[i].value == Approx(values[i]));
    CHECK(verdicts[i].limit == limits[i]);
    CHECK(verdicts[i].lower <= verdicts[i].value + 1e-9);
    CHECK(verdicts[i].upper >= verdicts[i].value - 1e-9);
  }
  CHECK(verdicts[3].verdict == Verdict::kFail);
  CHECK(Together(verdicts) == Verdict::kFail);
  CHECK(Together({}) == Verdict::kPass);
}

TEST_CASE("Without limits nothing is judged", "[evaluation]") {
  Comparison comparison = Near();
  comparison.outputs[0].constant = true;
  CHECK(Judge({comparison}, {}).empty());
}

TEST_CASE("A degenerate output fails whichever limit there is", "[evaluation]") {
  Comparison comparison = Near();
  comparison.outputs[0].saturated = true;
  const auto verdicts = Judge({comparison}, {.min_sqnr = 0});
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].passed());
  CHECK(verdicts[1].verdict == Verdict::kFail);
}

TEST_CASE("The worst output is judged", "[evaluation]") {
  Comparison comparison = Near();
  comparison.outputs.push_back(Output({1, 2, 3}, {3, 2, 1}));
  comparison.outputs.push_back(Output({7, 7}, {7, 7}));  // nothing to follow
  const auto verdicts = Judge({comparison}, {.min_sqnr = 5, .min_correlation = 0});
  CHECK(verdicts[0].value == Approx(10 * std::log10(14.0 / 8)));
  CHECK(verdicts[1].value == Approx(-1));
  CHECK(verdicts[0].verdict == Verdict::kFail);
  CHECK(verdicts[1].verdict == Verdict::kFail);
}

TEST_CASE("A correlation that is not defined decides nothing", "[evaluation]") {
  Comparison comparison;
  comparison.samples = 6;
  comparison.outputs.push_back(Output({7}, {7}));
  CHECK(VerdictOf(comparison, {.min_correlation = -1}) == Verdict::kUndecided);
  CHECK(VerdictOf(comparison, {.min_sqnr = 100}) == Verdict::kPass);  // no noise
}

TEST_CASE("Label maps are judged by the mean intersection over union", "[evaluation]") {
  Comparison comparison = Near();
  // class 0: 3 of 4 places, class 1: 1 of 2
  comparison.label_maps.assign(6, OverlapsOf({0, 0, 0, 0, 1}, {0, 0, 0, 1, 1}));
  const GateResult iou = Judged(comparison, {.min_iou = 60});
  CHECK(iou.value == Approx(100 * (0.75 + 0.5) / 2));
  CHECK(iou.verdict == Verdict::kPass);
  CHECK(VerdictOf(comparison, {.min_iou = 65}) == Verdict::kFail);
}

TEST_CASE("Labels of a map are its whole numbers, or the largest scores", "[evaluation]") {
  CHECK(LabelsOf({1, 2, 2}, true, std::vector<float>{3, 1, 4, 1}) ==
        std::vector<int64_t>{3, 1, 4, 1});
  CHECK(LabelsOf({1, 2, 1, 3}, false, std::vector<float>{1, 5, 2, 3, 4, 2}) ==
        std::vector<int64_t>{1, 0, 0});
  CHECK(IsLabelMap({1, 21, 8, 8}, false));
  CHECK(IsLabelMap({1, 8, 8}, true));
  CHECK_FALSE(IsLabelMap({1, 1, 8, 8}, false));
  CHECK_FALSE(IsLabelMap({1, 1000}, false));
  CHECK_FALSE(IsLabelMap({1, 8}, true));
}

TEST_CASE("Ratios of sizes are exact, measured figures have the interval that came with them",
          "[evaluation]") {
  const Comparison comparison = Near();
  GateEvidence evidence{comparison};
  evidence.size_ratio = Figure{0.25, {0.25, 0.25}};
  evidence.latency_ratio = Figure{0.5, {0.4, 0.6}};
  evidence.metric = Figure{0.7, {0.6, 0.8}};
  evidence.metric_drop = Figure{0.01, {-0.02, 0.04}};
  const auto results = Judge(evidence, {.max_latency_ratio = 0.55,
                                        .max_size_ratio = 0.25,
                                        .min_metric = 0.5,
                                        .max_metric_drop = 0.05,
                                        .max_metric_rise = 0.03});
  REQUIRE(results.size() == 6);
  CHECK(results[0].verdict == Verdict::kUndecided);
  CHECK_FALSE(results[0].samples_to_decide);
  CHECK(results[1].verdict == Verdict::kPass);
  CHECK(results[1].exact());
  CHECK(results[2].verdict == Verdict::kPass);
  CHECK(results[3].verdict == Verdict::kPass);
  CHECK(results[4].value == -0.01);
  CHECK(results[4].upper == 0.02);
  CHECK(results[4].verdict == Verdict::kPass);
}

TEST_CASE("Limits that no value can meet or miss are refused", "[evaluation]") {
  const auto refuses = [](const GateLimits& limits, const char* option) {
    CHECK_THAT(ErrorOf([&] { RequireLimits(limits, true, true); }),
               IsError(ErrorKind::kUsage, option));
  };
  for (double limit : {-0.1, 100.1, kInfinity, kNan}) {
    refuses({.max_drop = limit}, "--max-drop");
    refuses({.min_top1 = limit}, "--min-top1");
    refuses({.min_agreement = limit}, "--min-agreement");
    refuses({.max_top5_drop = limit}, "--max-top5-drop");
    refuses({.min_iou = limit}, "--min-iou");
  }
  for (double limit : {-1.1, 1.1, kNan}) refuses({.min_correlation = limit}, "--min-correlation");
  for (double limit : {-kInfinity, kInfinity, kNan}) refuses({.min_sqnr = limit}, "--min-sqnr");
  for (double limit : {-1.0, kInfinity}) refuses({.max_size_ratio = limit}, "--max-size-ratio");
  RequireLimits({0, 0, 0, -3, -1}, true, false);
  RequireLimits({100, 100, 100, 300, 1}, true, false);
}

TEST_CASE("Limits on accuracy need labels, those on a metric a command", "[evaluation]") {
  RequireLimits({.min_agreement = 90, .min_sqnr = 20}, false, false);
  CHECK_THAT(ErrorOf([&] { RequireLimits({.max_drop = 1}, false, false); }),
             IsError(ErrorKind::kUsage, "--max-drop needs --labels"));
  CHECK_THAT(ErrorOf([&] { RequireLimits({.min_top1 = 1}, false, false); }),
             IsError(ErrorKind::kUsage, "--min-top1 needs --labels"));
  CHECK_THAT(ErrorOf([&] { RequireLimits({.max_metric_drop = 1}, false, false); }),
             IsError(ErrorKind::kUsage, "--max-metric-drop needs --metric-command"));
}

TEST_CASE("Only a vector of scores has a top-1", "[evaluation]") {
  CHECK(ClassesOf({1, 1000}) == 1000);
  CHECK(ClassesOf({10}) == 10);
  CHECK(ClassesOf({1, 5, 1, 1}) == 5);
  for (const Shape& shape : {Shape{}, Shape{1, 1}, Shape{1, 100, 4}, Shape{1, 21, 32, 32}}) {
    CHECK(ClassesOf(shape) == 0);
    CHECK_THAT(ErrorOf([&] { RequireTop1({}, true, {OutputOf(shape)}, false); }),
               IsError(ErrorKind::kUsage, "--labels needs one score per class, but output 'y'"));
    CHECK_THAT(ErrorOf([&] { RequireTop1({.min_agreement = 1}, false, {OutputOf(shape)}, false); }),
               IsError(ErrorKind::kUsage, "--min-agreement needs"));
    RequireTop1({.min_sqnr = 1, .min_correlation = 0}, false, {OutputOf(shape)}, false);
  }
  CHECK_THAT(ErrorOf([&] {
               RequireTop1({}, true, {OutputOf({1, 1})}, false);
             }),
             IsError(ErrorKind::kUsage, "is a single value"));
  CHECK_THAT(ErrorOf([&] {
               RequireTop1({}, true, {OutputOf({1, 100, 4})}, false);
             }),
             IsError(ErrorKind::kUsage, "is of shape 1x100x4"));
  RequireTop1({.min_agreement = 1}, true, {OutputOf({1, 2})}, false);
}

TEST_CASE("Scores of boxes are no scores of classes", "[evaluation]") {
  const std::vector<Port> detections = {OutputOf({1, 100}), OutputOf({1, 100, 4})};
  CHECK(AreDetections(detections));
  CHECK_FALSE(AreDetections({OutputOf({1, 100}), OutputOf({1, 512, 7, 7})}));
  CHECK_THAT(ErrorOf([&] { RequireTop1({.min_agreement = 1}, false, detections, false); }),
             IsError(ErrorKind::kUsage, "is one of boxes and their scores"));
}

TEST_CASE("One whole number is a top-1, several are none", "[evaluation]") {
  const auto refuses = [](bool labels, const Shape& shape, const std::string& why) {
    CHECK_THAT(ErrorOf([&] { RequireTop1({.min_agreement = 1}, labels, {OutputOf(shape)}, true); }),
               IsError(ErrorKind::kUsage, why));
  };
  RequireTop1({.min_agreement = 1}, false, {OutputOf({1})}, true);
  refuses(true, {1}, "--labels needs one score per class");
  refuses(false, {1, 10}, "--min-agreement needs one score per class");
}

TEST_CASE("Gates of reals need reals, those of label maps maps", "[evaluation]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 8});
  b.Output(b.Emit(ArgMax{1}, {x}));
  CHECK_THAT(ErrorOf([&] { RequireOutputs({.min_sqnr = 20}, b.Build()); }),
             IsError(ErrorKind::kUsage, "--min-sqnr judges reals"));
  CHECK_THAT(ErrorOf([&] { RequireOutputs({.max_mse = 0.9}, b.Build()); }),
             IsError(ErrorKind::kUsage, "--max-mse judges reals"));
  CHECK_THAT(ErrorOf([&] { RequireOutputs({.min_iou = 90}, b.Build()); }),
             IsError(ErrorKind::kUsage, "--min-iou needs scores [N,C,places...]"));
  RequireOutputs({.min_agreement = 90}, b.Build());
  RequireOutputs({.min_sqnr = 20}, b.Output(b.Emit(Neg{}, {x})).Build());
}

}  // namespace
}  // namespace qconvert
