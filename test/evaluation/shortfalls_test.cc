#include "lib/evaluation/shortfalls.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// Compares outputs whose SQNR is `sqnr_db`, with values that rise.
Comparison WithSqnr(double sqnr_db) {
  std::vector<float> real, quantized;
  for (int i = -8; i <= 8; ++i) {
    real.push_back(static_cast<float>(i));
    // noise of equal power at each value: sum of squares of i is 408, of 17 values
    const double noise = std::sqrt(408.0 / 17) * std::pow(10, -sqnr_db / 20);
    quantized.push_back(static_cast<float>(i + (i % 2 == 0 ? noise : -noise)));
  }
  Comparison comparison;
  comparison.samples = 1;
  OutputComparison& output = comparison.outputs.emplace_back();
  output.name = "y";
  output.errors.Add(real, quantized);
  output.correlation.Add(real, quantized);
  return comparison;
}

Comparison WithAgreement(size_t same, size_t samples) {
  Comparison comparison = WithSqnr(40);
  comparison.samples = samples;
  comparison.agreement = same;
  return comparison;
}

std::string TextOf(const Comparison& comparison, const GateLimits& limits = {}) {
  std::string text;
  for (const Shortfall& shortfall : FindShortfalls(comparison, limits))
    text += shortfall.text + "\n";
  return text;
}

TEST_CASE("An output below 20 dB falls short, unless the user says otherwise", "[evaluation]") {
  CHECK(TextOf(WithSqnr(21)) == "");
  CHECK(TextOf(WithSqnr(19)) == "output 'y': SQNR 19.0 dB is below 20 dB\n");
  CHECK(TextOf(WithSqnr(19), {.min_sqnr = 18}) == "");
  CHECK(TextOf(WithSqnr(21), {.min_sqnr = 22}) == "output 'y': SQNR 21.0 dB is below 22 dB\n");
}

TEST_CASE("A low correlation falls short where the SQNR shows nothing", "[evaluation]") {
  Comparison comparison = WithSqnr(10);
  comparison.outputs[0].errors = WithSqnr(40).outputs[0].errors;
  CHECK(TextOf(comparison).find("correlation 0.9") != std::string::npos);
  CHECK(TextOf(comparison, {.min_correlation = 0.5}) == "");
}

TEST_CASE("An agreement falls short when chance hardly explains it", "[evaluation]") {
  // P(at least 2 of 8 differ) is 5.7 % when one of 20 does; at least 3 of 8: 0.6 %
  CHECK(TextOf(WithAgreement(6, 8)) == "");
  CHECK(TextOf(WithAgreement(5, 8)) == "output 'y': same top-1 on 5 of 8 samples, below 95 %\n");
  // at least 4 of 32: 7 %; at least 5: 2 %
  CHECK(TextOf(WithAgreement(28, 32)) == "");
  CHECK(TextOf(WithAgreement(27, 32)) != "");
  CHECK(TextOf(WithAgreement(28, 32), {.min_agreement = 90}) != "");
  CHECK(TextOf(WithAgreement(27, 32), {.min_agreement = 80}) == "");
}

TEST_CASE("Whole numbers are judged by how many are the same", "[evaluation]") {
  Comparison comparison = WithAgreement(14, 17);
  OutputComparison& output = comparison.outputs[0];
  output.errors = WithSqnr(3).outputs[0].errors;
  output.correlation = {};
  // P(at least 3 of 17 differ) is 5.0 % when one of 20 does; at least 4: 0.9 %
  output.same_values = 14;
  CHECK(TextOf(comparison) == "");
  output.same_values = 13;
  CHECK(TextOf(comparison) == "output 'y': 13 of 17 whole numbers are the same, below 95 %\n");
  CHECK(TextOf(comparison, {.min_agreement = 70}) == "");
  CHECK(comparison.worst_sqnr_db() == HUGE_VAL);
}

TEST_CASE("Values that are stuck at an end of the range fall short", "[evaluation]") {
  Comparison comparison = WithSqnr(40);
  comparison.outputs[0].range = OutputRange{-8, 8, 0.1F};
  CHECK(*comparison.outputs[0].share_at_ends() == 0);
  CHECK(TextOf(comparison) == "");
  comparison.outputs[0].at_ends = 1;
  CHECK(TextOf(comparison).find("5.9 % of its values stand at an end") != std::string::npos);
}

TEST_CASE("An answer that is always the same falls short", "[evaluation]") {
  Comparison comparison = WithSqnr(40);
  comparison.outputs[0].constant = true;
  CHECK(TextOf(comparison) == "output 'y': it is the same for every sample\n");
}

TEST_CASE("An output's range is that of the integers that it shows", "[evaluation]") {
  GraphBuilder b;
  const TensorId q = b.Input("q", {1, 4}, ElementType::kInt8, PerLayer(0.5F, -128));
  const TensorId real = b.Emit(Dequantize{}, {q}, "real");
  const TensorId other = b.Emit(Relu{}, {real}, "other");
  const Graph graph = b.Output(real).Output(other).Build();
  for (TensorId id : {q, real}) {
    const auto range = RangeOfOutput(graph, id);
    REQUIRE(range);
    CHECK(range->min == 0);
    CHECK(range->max == 127.5F);
    CHECK(range->step == 0.5F);
  }
  CHECK_FALSE(RangeOfOutput(graph, other));
}

TEST_CASE("A value at an end counts when it does not belong there", "[evaluation]") {
  const OutputRange range{0, 10, 0.5F};
  const std::vector<float> real = {0, 10, 0.4F, 10.4F, 12, -3, 5, 8};
  const std::vector<float> quantized = {0, 10, 0, 10, 10, 0, 5, 10};
  CHECK(CountAtEnds(real, quantized, range) == 3);
}

}  // namespace
}  // namespace qconvert
