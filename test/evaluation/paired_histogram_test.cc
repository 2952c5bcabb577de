#include "lib/evaluation/paired_histogram.h"

#include <vector>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

constexpr size_t kBeside = PairedHistogram::kBeside, kBins = PairedHistogram::kBins;

TEST_CASE("Values inside, beside and far beyond a range are counted apart", "[evaluation]") {
  PairedHistogram histogram;
  const double width = PairedHistogram::WidthOf(0, 32);
  CHECK(width == 1);
  const std::vector<float> reference = {0.5F, 31.5F, -0.5F, 32.5F, -1000, 1000},
                           candidate = {0.5F, 0.6F};
  histogram.Add(reference, candidate, 0, 32);
  CHECK(histogram.reference[kBeside] == 1);
  CHECK(histogram.reference[kBeside - 1] == 1);
  CHECK(histogram.reference[kBins - kBeside - 1] == 1);
  CHECK(histogram.reference[kBins - kBeside] == 1);
  CHECK(histogram.reference.front() == 1);
  CHECK(histogram.reference.back() == 1);
  CHECK(histogram.candidate[kBeside] == 2);
}

TEST_CASE("Merged histograms have all values", "[evaluation]") {
  PairedHistogram a, b;
  a.Add(std::vector<float>{1}, std::vector<float>{2}, 0, 32);
  b.Add(std::vector<float>{1}, std::vector<float>{3}, 0, 32);
  a.Merge(b);
  CHECK(a.reference[kBeside + 1] == 2);
  CHECK(a.candidate[kBeside + 2] == 1);
  CHECK(a.candidate[kBeside + 3] == 1);
}

}  // namespace
}  // namespace qconvert
