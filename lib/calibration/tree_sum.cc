#include "lib/calibration/tree_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "lib/base/error.h"

namespace qconvert {
namespace {

void AddTo(std::vector<double>& sum, const std::vector<double>& values) {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
}

/// Returns how many samples the largest subtree has that begins at `first` and ends by `last`.
size_t LargestSubtree(size_t first, size_t last) {
  const size_t fits = std::bit_floor(last - first);
  return first == 0 ? fits : std::min(fits, first & (~first + 1));
}

}  // namespace

TreeSum::TreeSum(size_t sample, std::vector<double> values) {
  parts_.push_back({sample, 1, std::move(values)});
}

void TreeSum::Push(Part part) {
  while (!parts_.empty() && parts_.back().samples == part.samples &&
         parts_.back().first % (2 * part.samples) == 0) {
    Part whole = std::move(parts_.back());
    parts_.pop_back();
    AddTo(whole.values, part.values);
    whole.samples *= 2;
    part = std::move(whole);
  }
  parts_.push_back(std::move(part));
}

void TreeSum::Append(TreeSum&& next) {
  const size_t end = parts_.back().first + parts_.back().samples;
  if (next.parts_.front().first != end || next.length() != length()) {
    Fail(ErrorKind::kUnusable, "two parts of a sum that do not belong together");
  }
  for (Part& part : next.parts_) Push(std::move(part));
}

std::vector<double> TreeSum::Total() const {
  std::vector<double> total = parts_.back().values;
  for (size_t i = parts_.size() - 1; i-- > 0;) AddTo(total, parts_[i].values);
  return total;
}

void TreeSum::Write(ByteWriter& writer) const {
  for (const Part& part : parts_) writer.Doubles(part.values);
}

TreeSum TreeSum::Read(ByteReader& reader, const SampleRun& samples, size_t length) {
  TreeSum sum;
  for (size_t first = samples.first; first < samples.last;) {
    const size_t count = LargestSubtree(first, samples.last);
    std::vector<double> values = reader.Doubles(length);
    for (double value : values) {
      if (!std::isfinite(value)) Fail(ErrorKind::kUnusable, "a sum that is not finite");
    }
    sum.parts_.push_back({first, count, std::move(values)});
    first += count;
  }
  return sum;
}

}  // namespace qconvert
