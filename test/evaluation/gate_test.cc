// Gates judge a comparison that a test makes up, without running a network.
#include "lib/evaluation/gate.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

OutputComparison Output(const std::vector<float>& reference, const std::vector<float>& candidate) {
  OutputComparison output;
  output.errors.Add(reference, candidate);
  output.correlation.Add(reference, candidate);
  return output;
}

/// 200 samples of 10 classes; 180 right before and 170 after, 190 with the same top-1.
Comparison Classified() {
  Comparison comparison;
  comparison.samples = 200;
  comparison.classes = 10;
  comparison.agreement = 190;
  comparison.reference = Accuracy{180, 200, 0, 0};
  comparison.candidate = Accuracy{170, 199, 0, 0};
  comparison.outputs.push_back(Output({3, 4}, {3, 4.5F}));  // 10 log10(25 / 0.25) = 20 dB
  return comparison;
}

Port OutputOf(const Shape& shape) { return {"y", 0, shape}; }

bool Passes(const Comparison& comparison, const GateLimits& limits) {
  const auto verdicts = Judge(comparison, limits);
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[1].name == "degenerate outputs");
  return verdicts[0].passed;
}

TEST_CASE("A value at its limit passes, and beyond it fails", "[evaluation]") {
  const Comparison comparison = Classified();
  CHECK(Passes(comparison, {.max_drop = 5}));
  CHECK_FALSE(Passes(comparison, {.max_drop = 4.9}));
  CHECK(Passes(comparison, {.min_top1 = 85}));
  CHECK_FALSE(Passes(comparison, {.min_top1 = 85.1}));
  CHECK(Passes(comparison, {.min_agreement = 95}));
  CHECK_FALSE(Passes(comparison, {.min_agreement = 95.1}));
  CHECK(Passes(comparison, {.min_sqnr = 19.9}));
  CHECK_FALSE(Passes(comparison, {.min_sqnr = 20.1}));
  CHECK(Passes(comparison, {.min_correlation = 0.99}));
}

TEST_CASE("Verdicts tell value and limit, in the order of the limits", "[evaluation]") {
  const auto verdicts = Judge(Classified(), {6, 80, 90, 30, 0.5});
  REQUIRE(verdicts.size() == 6);
  const std::vector<std::string> names = {"top-1 drop (points)", "top-1 (%)",
                                          "agreement (%)",       "SQNR (dB)",
                                          "correlation",         "degenerate outputs"};
  const std::vector<double> values = {5, 85, 95, 20, 1, 0}, limits = {6, 80, 90, 30, 0.5, 0};
  for (size_t i = 0; i < verdicts.size(); ++i) {
    CHECK(verdicts[i].name == names[i]);
    CHECK(verdicts[i].value == Approx(values[i]));
    CHECK(verdicts[i].limit == limits[i]);
    CHECK(verdicts[i].passed == (i != 3));
  }
}

TEST_CASE("Without limits nothing is judged", "[evaluation]") {
  Comparison comparison = Classified();
  comparison.outputs[0].constant = true;
  CHECK(Judge(comparison, {}).empty());
}

TEST_CASE("A degenerate output fails whichever limit there is", "[evaluation]") {
  Comparison comparison = Classified();
  comparison.outputs[0].saturated = true;
  const auto verdicts = Judge(comparison, {.min_top1 = 0});
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].passed);
  CHECK_FALSE(verdicts[1].passed);
}

TEST_CASE("The worst output is judged", "[evaluation]") {
  Comparison comparison = Classified();
  comparison.outputs.push_back(Output({1, 2, 3}, {3, 2, 1}));
  comparison.outputs.push_back(Output({7, 7}, {7, 7}));  // nothing to follow
  const auto verdicts = Judge(comparison, {.min_sqnr = 5, .min_correlation = 0});
  CHECK(verdicts[0].value == Approx(10 * std::log10(14.0 / 8)));
  CHECK(verdicts[1].value == Approx(-1));
  CHECK_FALSE(verdicts[0].passed);
  CHECK_FALSE(verdicts[1].passed);
}

TEST_CASE("A correlation that is not defined passes no gate", "[evaluation]") {
  Comparison comparison;
  comparison.samples = 1;
  comparison.outputs.push_back(Output({7}, {7}));
  CHECK_FALSE(Passes(comparison, {.min_correlation = -1}));
  CHECK(Passes(comparison, {.min_sqnr = 100}));  // no noise
}

TEST_CASE("Limits that no value can meet or miss are refused", "[evaluation]") {
  const auto refuses = [](const GateLimits& limits, const char* option) {
    CHECK_THAT(ErrorOf([&] { RequireLimits(limits, true); }), IsError(ErrorKind::kUsage, option));
  };
  for (double limit : {-0.1, 100.1, kInfinity, kNan}) {
    refuses({.max_drop = limit}, "--max-drop");
    refuses({.min_top1 = limit}, "--min-top1");
    refuses({.min_agreement = limit}, "--min-agreement");
  }
  for (double limit : {-1.1, 1.1, kNan}) refuses({.min_correlation = limit}, "--min-correlation");
  for (double limit : {-kInfinity, kInfinity, kNan}) refuses({.min_sqnr = limit}, "--min-sqnr");
  RequireLimits({0, 0, 0, -3, -1}, true);
  RequireLimits({100, 100, 100, 300, 1}, true);
}

TEST_CASE("Limits on accuracy need labels", "[evaluation]") {
  RequireLimits({.min_agreement = 90, .min_sqnr = 20}, false);
  CHECK_THAT(ErrorOf([&] { RequireLimits({.max_drop = 1}, false); }),
             IsError(ErrorKind::kUsage, "need --labels"));
  CHECK_THAT(ErrorOf([&] { RequireLimits({.min_top1 = 1}, false); }),
             IsError(ErrorKind::kUsage, "need --labels"));
}

TEST_CASE("Only a vector of scores has a top-1", "[evaluation]") {
  CHECK(ClassesOf({1, 1000}) == 1000);
  CHECK(ClassesOf({10}) == 10);
  CHECK(ClassesOf({1, 5, 1, 1}) == 5);
  for (const Shape& shape : {Shape{}, Shape{1, 1}, Shape{1, 100, 4}, Shape{1, 21, 32, 32}}) {
    CHECK(ClassesOf(shape) == 0);
    CHECK_THAT(ErrorOf([&] { RequireTop1({}, true, OutputOf(shape), false); }),
               IsError(ErrorKind::kUsage, "--labels needs one score per class, but output 'y'"));
    CHECK_THAT(ErrorOf([&] { RequireTop1({.min_agreement = 1}, false, OutputOf(shape), false); }),
               IsError(ErrorKind::kUsage, "--min-agreement needs"));
    RequireTop1({.min_sqnr = 1, .min_correlation = 0}, false, OutputOf(shape), false);
  }
  CHECK_THAT(ErrorOf([&] {
               RequireTop1({}, true, OutputOf({1, 1}), false);
             }),
             IsError(ErrorKind::kUsage, "is a single value"));
  CHECK_THAT(ErrorOf([&] {
               RequireTop1({}, true, OutputOf({1, 100, 4}), false);
             }),
             IsError(ErrorKind::kUsage, "is of shape 1x100x4"));
  RequireTop1({.min_agreement = 1}, true, OutputOf({1, 2}), false);
}

TEST_CASE("One whole number is a top-1, several are none", "[evaluation]") {
  const auto refuses = [](bool labels, const Shape& shape, const std::string& why) {
    CHECK_THAT(ErrorOf([&] { RequireTop1({.min_agreement = 1}, labels, OutputOf(shape), true); }),
               IsError(ErrorKind::kUsage, why));
  };
  RequireTop1({.min_agreement = 1}, false, OutputOf({1}), true);
  refuses(true, {1}, "--labels needs one score per class");
  refuses(false, {1, 10}, "--min-agreement needs one score per class");
}

TEST_CASE("Gates of reals need reals", "[evaluation]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 8});
  b.Output(b.Emit(ArgMax{1}, {x}));
  CHECK_THAT(ErrorOf([&] { RequireReals({.min_sqnr = 20}, b.Build()); }),
             IsError(ErrorKind::kUsage, "--min-sqnr judges reals"));
  CHECK_THAT(ErrorOf([&] { RequireReals({.min_correlation = 0.9}, b.Build()); }),
             IsError(ErrorKind::kUsage, "--min-correlation judges reals"));
  RequireReals({.min_agreement = 90}, b.Build());
  RequireReals({.min_sqnr = 20}, b.Output(b.Emit(Neg{}, {x})).Build());
}

}  // namespace
}  // namespace qconvert
