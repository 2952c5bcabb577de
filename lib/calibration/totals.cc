#include "lib/calibration/totals.h"

#include <array>
#include <numeric>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

/// Returns the sum of the values, added in lanes that the compiler can make a vector of.
QCONVERT_VECTORIZE double SumOf(std::span<const float> values) {
  std::array<double, 8> lanes{};
  const size_t whole = values.size() - values.size() % lanes.size();
  for (size_t i = 0; i < whole; i += lanes.size()) {
    for (size_t k = 0; k < lanes.size(); ++k) lanes[k] += static_cast<double>(values[i + k]);
  }
  for (float value : values.subspan(whole)) lanes[0] += static_cast<double>(value);
  return std::accumulate(lanes.begin(), lanes.end(), 0.0);
}

std::unique_ptr<Statistic> Observe(const Graph&, const Subject&, const TensorSample& seen) {
  const std::vector<double> sums{SumOf(seen.values), static_cast<double>(seen.values.size())};
  return std::make_unique<Totals>(TreeSum(seen.sample, sums));
}

std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun& samples) {
  return std::make_unique<Totals>(TreeSum::Read(reader, samples, 2));
}

}  // namespace

constinit const StatisticKind Totals::kKind{"totals", FloatInputs, Observe, Read};

void Totals::Append(Statistic&& next) { sums_.Append(std::move(As<Totals>(next).sums_)); }
void Totals::Write(ByteWriter& writer) const { sums_.Write(writer); }

}  // namespace qconvert
