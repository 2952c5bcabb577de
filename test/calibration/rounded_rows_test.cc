#include "lib/calibration/rounded_rows.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// What the statistic says of one sample: rows of `columns` probabilities.
RoundedRows Observed(int64_t columns, const std::vector<float>& values, size_t sample = 0) {
  GraphBuilder b;
  const Shape shape = {static_cast<int64_t>(values.size()) / columns, columns};
  const Graph graph = b.Output(b.Emit(Softmax{}, {b.Input("x", shape)}, "p")).Build();
  const std::vector<Subject> subjects = RoundedRows::kKind.subjects(graph);
  REQUIRE(subjects.size() == 1);
  CHECK(subjects[0].name == "p");
  return As<RoundedRows>(*RoundedRows::kKind.observe(graph, subjects[0], {sample, values, {}}));
}

double Step(size_t k) { return std::pow(0.5, 8 + static_cast<double>(k)); }

/// The same by a plain loop over one row.
double ErrorOfRow(const std::vector<float>& row, double step) {
  double squares = 0, squared_errors = 0, errors = 0;
  for (float value : row) {
    const double error = std::nearbyint(double{value} / step) * step - double{value};
    squares += double{value} * double{value};
    squared_errors += error * error;
    errors += error;
  }
  return std::max(squared_errors / squares, 4 * errors * errors);
}

TEST_CASE("What rounding takes from rows is that of a plain loop", "[calibration]") {
  std::vector<std::vector<float>> rows(2);
  for (size_t i = 0; i < 100; ++i) {
    rows[0].push_back(0.01F + 0.0001F * std::sin(static_cast<float>(i)));
    rows[1].push_back(i == 7 ? 0.9F : 0.1F / 99);
  }
  std::vector<float> both = rows[0];
  both.insert(both.end(), rows[1].begin(), rows[1].end());
  const RoundedRows seen = Observed(100, both);
  for (size_t k = 0; k < RoundedRows::kSteps; ++k) {
    const double expected = (ErrorOfRow(rows[0], Step(k)) + ErrorOfRow(rows[1], Step(k))) / 2;
    // float32 sums of 100 errors, each within an ulp of 2^-24 of the value in steps.
    CHECK(seen.MeanError(static_cast<float>(Step(k))) == Approx(expected).epsilon(1e-3));
  }
}

TEST_CASE("A step between two known ones has the errors of the smaller one", "[calibration]") {
  const RoundedRows seen = Observed(4, {0.7F, 0.2F, 0.0601F, 0.0399F});
  CHECK(seen.MeanError(1.0F / 256) != seen.MeanError(1.0F / 512));
  CHECK(seen.MeanError(1.0F / 300) == seen.MeanError(1.0F / 512));
  CHECK(seen.MeanError(1) == seen.MeanError(1.0F / 256));
  CHECK(seen.MeanError(1e-9F) == seen.MeanError(static_cast<float>(Step(9))));
}

TEST_CASE("Probabilities below half a step are lost as a whole", "[calibration]") {
  CHECK(Observed(1024, std::vector<float>(1024, 1.0F / 1024)).MeanError(1.0F / 256) == 4);
}

TEST_CASE("Rows of merged samples count alike, and survive a file", "[calibration]") {
  RoundedRows seen = Observed(2, {0.999F, 0.001F});
  seen.Append(Observed(2, {0.503F, 0.497F, 0.25F, 0.75F}, 1));
  const double first = ErrorOfRow({0.999F, 0.001F}, Step(0));
  const double second = ErrorOfRow({0.503F, 0.497F}, Step(0));
  CHECK(seen.MeanError(1.0F / 256) == Approx((first + second) / 3).epsilon(1e-3));
  ByteWriter writer;
  seen.Write(writer);
  const auto bytes = writer.Take();
  ByteReader reader(bytes);
  const auto read = RoundedRows::kKind.read(reader, {0, 2});
  CHECK(As<RoundedRows>(*read).MeanError(1.0F / 256) == seen.MeanError(1.0F / 256));
}

}  // namespace
}  // namespace qconvert
