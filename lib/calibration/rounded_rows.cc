#include "lib/calibration/rounded_rows.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

/// Returns the results of softmaxes that samples fill.
std::vector<Subject> Probabilities(const Graph& graph) {
  std::vector<Subject> subjects = FloatTensors(graph);
  std::erase_if(subjects, [&](const Subject& subject) {
    const Node* producer = graph.Producer(subject.tensor);
    return producer == nullptr || !producer->Is<Softmax>() ||
           graph.tensor(subject.tensor).elements() == 0;
  });
  return subjects;
}

constexpr double kOneSided = 4;  // as auto_ranges.cc weighs errors of one sign, which add up

/// Sums of the errors round(x / step) step - x.
struct ErrorSums {
  double errors = 0, squares = 0;
};

QCONVERT_VECTORIZE ErrorSums SumErrors(std::span<const float> values, float step) {
  constexpr float kToWhole = 1 << 23;  // adding it rounds a float below it to a whole number
  const float steps = 1 / step;
  std::array<float, 8> errors{}, squares{};
  const size_t whole = values.size() - values.size() % errors.size();
  const auto add = [&](size_t k, float value) {
    const float x = value * steps, error = x + kToWhole - kToWhole - x;
    errors[k] += error;
    squares[k] += error * error;
  };
  for (size_t i = 0; i < whole; i += errors.size()) {
    for (size_t k = 0; k < errors.size(); ++k) add(k, values[i + k]);
  }
  for (float value : values.subspan(whole)) add(0, value);
  const double in_steps = std::accumulate(errors.begin(), errors.end(), 0.0);
  const double squared = std::accumulate(squares.begin(), squares.end(), 0.0);
  return {in_steps * double{step}, squared * double{step} * double{step}};
}

double SumOfSquares(std::span<const float> values) {
  double sum = 0;
  for (float value : values) sum += double{value} * double{value};
  return sum;
}

std::unique_ptr<Statistic> Observe(const Graph& graph, const Subject& subject,
                                   const TensorSample& seen) {
  const auto columns = static_cast<size_t>(graph.tensor(subject.tensor).shape.back());
  std::vector<double> sums(RoundedRows::kSteps + 1);
  for (size_t at = 0; at < seen.values.size(); at += columns) {
    const auto row = seen.values.subspan(at, columns);
    const double squares = SumOfSquares(row);
    if (squares == 0) continue;
    float step = RoundedRows::kFirstStep;
    for (size_t k = 0; k < RoundedRows::kSteps; ++k, step /= 2) {
      const ErrorSums lost = SumErrors(row, step);
      sums[k] += std::max(lost.squares / squares, kOneSided * lost.errors * lost.errors);
    }
    ++sums.back();
  }
  return std::make_unique<RoundedRows>(TreeSum(seen.sample, std::move(sums)));
}

std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun& samples) {
  return std::make_unique<RoundedRows>(TreeSum::Read(reader, samples, RoundedRows::kSteps + 1));
}

}  // namespace

constinit const StatisticKind RoundedRows::kKind{"rounded rows", Probabilities, Observe, Read};

double RoundedRows::MeanError(float step) const {
  const std::vector<double> sums = sums_.Total();
  size_t k = 0;
  for (float known = kFirstStep; k + 1 < kSteps && known > step; known /= 2) ++k;
  return sums.back() == 0 ? 0 : sums[k] / sums.back();
}

void RoundedRows::Append(Statistic&& next) { sums_.Append(std::move(As<RoundedRows>(next).sums_)); }
void RoundedRows::Write(ByteWriter& writer) const { sums_.Write(writer); }

}  // namespace qconvert
