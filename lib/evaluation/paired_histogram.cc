#include "lib/evaluation/paired_histogram.h"

namespace qconvert {
namespace {

void Count(std::span<const float> values, float first, float bins_per_unit,
           std::array<uint64_t, PairedHistogram::kBins>& counts) {
  constexpr float kLast = PairedHistogram::kBins - 1;
  for (const float value : values) {
    const float bin = (value - first) * bins_per_unit;
    const float inside = bin > 0 ? (bin < kLast ? bin : kLast) : 0;  // NaN goes to the first
    ++counts[static_cast<size_t>(inside)];
  }
}

}  // namespace

void PairedHistogram::Add(std::span<const float> reference_values,
                          std::span<const float> candidate_values, float min, float max) {
  const double width = WidthOf(double{min}, double{max});
  const auto first = static_cast<float>(double{min} - kBeside * width),
             bins_per_unit = static_cast<float>(1 / width);
  Count(reference_values, first, bins_per_unit, reference);
  Count(candidate_values, first, bins_per_unit, candidate);
}

void PairedHistogram::Merge(const PairedHistogram& other) {
  for (size_t i = 0; i < kBins; ++i) {
    reference[i] += other.reference[i];
    candidate[i] += other.candidate[i];
  }
}

}  // namespace qconvert
