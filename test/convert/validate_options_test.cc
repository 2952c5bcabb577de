// Options get their defaults, and values that cannot be are refused.
#include "lib/convert/validate_options.h"

#include <limits>
#include <string>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;
using Granularity = ConvertOptions::Granularity;
using Scheme = ConvertOptions::Scheme;
using CalibrationPrecision = ConvertOptions::CalibrationPrecision;

TEST_CASE("Validated options have every default in its place", "[convert]") {
  const ConvertOptions settled = Validated({});
  CHECK(*settled.bits == 8);
  CHECK(*settled.granularity == Granularity::kPerChannel);
  CHECK(*settled.scheme == Scheme::kSymmetric);
  CHECK(*settled.weight_scale == "least-error");
  CHECK(*settled.calibration == "auto");
  CHECK(*settled.effort == 1);
  CHECK(*settled.bias_correction == ConvertOptions::BiasCorrection::kSequential);
  CHECK(*settled.calibration_precision == CalibrationPrecision::kFloat32);
  CHECK(SearchesWeightScales(settled));
}

TEST_CASE("Flags beat effort", "[convert]") {
  ConvertOptions options;
  options.effort = 0;
  CHECK(*Validated(options).calibration == "min-max");
  options.calibration = "moving-average";
  CHECK(*Validated(options).calibration == "moving-average");
}

TEST_CASE("A target without a profile is refused with those that have one", "[convert]") {
  ConvertOptions options;
  options.target = "toaster";
  CHECK_THAT(ErrorOf([&] { Validated(options); }),
             IsError(ErrorKind::kUsage, "there are ethos-u, ethos-u55, ethos-u65, tflm, xnnpack"));
}

TEST_CASE("16 bits are weights only", "[convert]") {
  ConvertOptions options;
  options.bits = 16;
  CHECK(Validated(options).mode == Mode::kWeightsOnly);
  CHECK_FALSE(SearchesWeightScales(Validated(options)));
}

TEST_CASE("A comparison and a benchmark refuse values that cannot be", "[convert]") {
  EvaluateOptions evaluate;
  evaluate.data.preprocessing.emplace();
  CHECK_THAT(ErrorOf([&] { Evaluate(evaluate); }), IsError(ErrorKind::kUsage, "--data"));
  BenchmarkOptions benchmark;
  benchmark.runs = 0;
  CHECK_THAT(ErrorOf([&] { Benchmark(benchmark); }), IsError(ErrorKind::kUsage, "--runs is 1 to"));
  benchmark = {};
  benchmark.batch = -1;
  CHECK_THAT(ErrorOf([&] { Benchmark(benchmark); }), IsError(ErrorKind::kUsage, "--batch is 1 to"));
}

TEST_CASE("An exclusion that matches no node names the nearest", "[convert]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4});
  const TensorId y = b.Emit(Add{}, {x, b.Scalar(1)}, "y");
  Graph graph = b.Output(b.Emit(Mul{}, {y, b.Scalar(2)}, "z")).Build();
  auto node = graph.nodes().begin();
  (node++)->name = "/features/Add";
  node->name = "/classifier/Mul";
  CHECK_NOTHROW(RequireNamed(graph, "--exclude", ""));
  CHECK_NOTHROW(RequireNamed(graph, "--exclude", "classifier"));
  const auto refuses = [&](const std::string& pattern, const std::string& nearest) {
    CHECK_THAT(ErrorOf([&] { RequireNamed(graph, "--exclude", pattern); }),
               IsError(ErrorKind::kUsage, "--exclude '" + pattern +
                                              "' matches no node that is left to compute; the "
                                              "nearest is '" +
                                              nearest + "'"));
  };
  refuses("clasifier", "/classifier/Mul");
  refuses("add", "/features/Add");
  CHECK_THAT(ErrorOf([&] { RequireNamed(Graph(), "--exclude", "x"); }),
             IsError(ErrorKind::kUsage, "left to compute"));
}

}  // namespace
}  // namespace qconvert
