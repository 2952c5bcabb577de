#include <algorithm>
#include <cmath>
#include <vector>

#include "lib/calibration/extremes.h"
#include "lib/calibration/histogram.h"
#include "lib/calibration/range_method.h"

namespace qconvert {
namespace {

constexpr const StatisticKind* kReads[] = {&Extremes::kKind, &Histogram::kKind};

constexpr size_t kStride = 8;      // thresholds are tried so many bins apart
constexpr double kMissing = 1e-4;  // share of a value that the integers do not have

/// Counts of magnitudes in bins of a histogram's width. Values that are exact at any range, those
/// of the first bin, are left out; those beyond the bins are counted apart.
struct Magnitudes {
  std::vector<double> bins;
  double beyond = 0;
  double width = 0;
};

Magnitudes MagnitudesOf(const Histogram& histogram) {
  Magnitudes result{{}, 0, histogram.width()};
  const double reach =
      std::max(std::abs(histogram.edge(0)), std::abs(histogram.edge(histogram.bins().size())));
  result.bins.resize(static_cast<size_t>(std::ceil(reach / result.width)));
  for (size_t i = 0; i < histogram.bins().size(); ++i) {
    const double middle = std::abs(histogram.edge(i) + result.width / 2);
    result.bins[static_cast<size_t>(middle / result.width)] +=
        static_cast<double>(histogram.bins()[i]);
  }
  for (float end : histogram.ends()) {
    const double bin = std::floor(std::abs(double{end}) / result.width);
    const bool inside = bin < static_cast<double>(result.bins.size());
    (inside ? result.bins[static_cast<size_t>(bin)] : result.beyond) += 1;
  }
  result.bins.front() = 0;
  return result;
}

/// Returns the Kullback-Leibler divergence of the values, clipped to the first `count` bins, from
/// what `levels` integers make of these bins.
double DivergenceOf(const Magnitudes& values, size_t count, size_t levels) {
  double clipped = values.beyond;
  for (size_t i = count; i < values.bins.size(); ++i) clipped += values.bins[i];
  double inside = 0;
  for (size_t i = 0; i < count; ++i) inside += values.bins[i];
  if (inside == 0) return HUGE_VAL;
  double divergence = 0;
  for (size_t level = 0; level < levels; ++level) {
    const size_t first = level * count / levels, last = (level + 1) * count / levels;
    double sum = 0;
    size_t present = 0;
    for (size_t i = first; i < last; ++i) {
      sum += values.bins[i];
      present += values.bins[i] != 0 ? 1 : 0;
    }
    for (size_t i = first; i < last; ++i) {
      const double p = (values.bins[i] + (i + 1 == count ? clipped : 0)) / (inside + clipped);
      if (p == 0) continue;
      const double q =
          values.bins[i] == 0 ? kMissing * p : sum / static_cast<double>(present) / inside;
      divergence += p * std::log(p / q);
    }
  }
  return divergence;
}

/// After Migacz (8-bit inference with TensorRT, 2017), on bins of the data's own width: 128 levels
/// of magnitude for tensors of both signs, 256 for those of one.
RangeChoice Choose(const TensorEvidence& tensor, const RangeOptions&) {
  const auto& histogram = tensor.Get<Histogram>();
  const Range seen = RelaxToZero(tensor.Get<Extremes>().range());
  const size_t levels = seen.min < 0 && seen.max > 0 ? 128 : 256;
  if (histogram.bins().empty()) return {seen};
  const Magnitudes values = MagnitudesOf(histogram);
  double least = DivergenceOf(values, values.bins.size(), levels);
  double end = HUGE_VAL;
  for (size_t count = levels; count < values.bins.size(); count += kStride) {
    const double divergence = DivergenceOf(values, count, levels);
    if (divergence < least) {
      least = divergence;
      end = static_cast<double>(count) * values.width;
    }
  }
  return {{static_cast<float>(std::max(double{seen.min}, -end)),
           static_cast<float>(std::min(double{seen.max}, end))}};
}

std::string Describe(const RangeOptions&) { return "least Kullback-Leibler divergence"; }

}  // namespace

extern const RangeMethod kLeastDivergence;
constinit const RangeMethod kLeastDivergence{
    "kl",    "the least divergence of the distributions, which often clips too much",
    kReads,  Choose,
    nullptr, Describe};

}  // namespace qconvert
