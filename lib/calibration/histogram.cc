#include "lib/calibration/histogram.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "lib/base/error.h"
#include "lib/calibration/extremes.h"

namespace qconvert {
namespace {

constexpr uint64_t kMostValues = uint64_t{1} << 60;  // that we believe a file

/// Returns which multiple of `width`, a power of two, a value lies behind.
///   |value / width|  below 2^24
int64_t BinOf(float value, double width) {
  const double position = double{value} / width;
  const auto truncated = static_cast<int64_t>(position);
  return truncated - (position < static_cast<double>(truncated) ? 1 : 0);
}

/// Returns the width of the bins for values in a range.
double WidthFor(const Range& range) {
  const float magnitude = std::max(std::abs(range.min), std::abs(range.max));
  const int spacing = magnitude == 0 ? -149 : std::max(-149, std::ilogb(magnitude) - 23);
  double width = std::ldexp(1.0, spacing);
  while (BinOf(range.max, width) - BinOf(range.min, width) >= Histogram::kMostBins) width *= 2;
  return width;
}

Range RangeOfBulk(std::span<const float> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {*low, *high};
}

constexpr size_t kBlock = 16;                   // values that lie together: a cache line
constexpr size_t kBlocks = 64;                  // at most, of one sample
constexpr double kGolden = 0.6180339887498949;  // its multiples fill [0, 1) evenly

/// Returns all values, or of many an even sample: blocks all over the tensor.
std::vector<float> EvenSample(std::span<const float> values) {
  const size_t blocks = values.size() / kBlock;
  if (blocks <= kBlocks) return {values.begin(), values.end()};
  std::vector<float> sample;
  sample.reserve(kBlocks * kBlock);
  for (size_t i = 0; i < kBlocks; ++i) {
    double whole;
    const double place = std::modf(static_cast<double>(i) * kGolden, &whole);
    const auto block = static_cast<size_t>(place * static_cast<double>(blocks));
    const auto chosen = values.subspan(block * kBlock, kBlock);
    sample.insert(sample.end(), chosen.begin(), chosen.end());
  }
  return sample;
}

std::unique_ptr<Statistic> Observe(const Graph&, const Subject&, const TensorSample& seen) {
  return std::make_unique<Histogram>(EvenSample(seen.values));
}

std::vector<float> ReadEnds(ByteReader& reader) {
  const uint64_t count = reader.Unsigned();
  if (count > 2 * Histogram::kEnds) Fail(ErrorKind::kUnusable, "a histogram with too long ends");
  std::vector<float> ends;
  for (uint64_t i = 0; i < count; ++i) ends.push_back(reader.Float());
  const bool finite = std::all_of(ends.begin(), ends.end(), [](float v) {
    return std::isfinite(v) && !(v == 0 && std::signbit(v));
  });
  if (!finite || !std::is_sorted(ends.begin(), ends.end())) {
    Fail(ErrorKind::kUnusable, "a histogram whose ends are out of order");
  }
  return ends;
}

}  // namespace

constinit const StatisticKind Histogram::kKind{"histogram", FloatTensors, Observe, Read};

Histogram::Histogram(std::span<const float> values) {
  std::vector<float> sorted;  // as far as that matters
  sorted.reserve(values.size());
  for (float value : values) sorted.push_back(value + 0.0F);  // -0 becomes 0
  const auto ends = static_cast<std::ptrdiff_t>(kEnds);
  if (sorted.size() <= 2 * kEnds) {
    std::sort(sorted.begin(), sorted.end());
  } else {
    // Of many values a heap of kEnds sees few, so this is faster than nth_element.
    std::partial_sort(sorted.begin(), sorted.begin() + ends, sorted.end());
    std::partial_sort(sorted.rbegin(), sorted.rbegin() + ends, sorted.rend() - ends,
                      std::greater<>());
    Count(std::span(sorted).subspan(kEnds, sorted.size() - 2 * kEnds));
    sorted.erase(sorted.begin() + ends, sorted.end() - ends);
  }
  ends_ = std::move(sorted);
}

/// Makes the bins reach over a range too, merging them as its width asks.
void Histogram::Widen(Range bulk) {
  if (bulk_count_ > 0) {
    if (bulk.min >= bulk_.min && bulk.max <= bulk_.max) return;
    bulk = {std::min(bulk.min, bulk_.min), std::max(bulk.max, bulk_.max)};
  }
  Histogram before;
  std::swap(before.bins_, bins_);
  before.bulk_count_ = bulk_count_;
  before.width_ = width_;
  before.first_ = first_;
  bulk_ = bulk;
  width_ = WidthFor(bulk);
  first_ = BinOf(bulk.min, width_);
  bins_.assign(static_cast<size_t>(BinOf(bulk.max, width_) - first_ + 1), 0);
  bulk_count_ = 0;
  AddBins(before);
}

/// Adds the bins of a histogram whose bulk lies within this one's.
void Histogram::AddBins(const Histogram& other) {
  // Past 62 merges nothing of an index is left but its sign.
  const int merges = other.bins_.empty() ? 0 : std::min(63, std::ilogb(width_ / other.width_));
  for (size_t i = 0; i < other.bins_.size(); ++i) {
    const int64_t bin = (other.first_ + static_cast<int64_t>(i)) >> merges;
    bins_[static_cast<size_t>(bin - first_)] += other.bins_[i];
  }
  bulk_count_ += other.bulk_count_;
}

/// Adds values to the bulk.
void Histogram::Count(std::span<const float> values) {
  if (values.empty()) return;
  Widen(RangeOfBulk(values));
  for (float value : values) ++bins_[static_cast<size_t>(BinOf(value, width_) - first_)];
  bulk_count_ += values.size();
}

void Histogram::Append(Statistic&& next) {
  const Histogram& other = As<Histogram>(next);
  if (other.bulk_count_ > 0) {
    Widen(other.bulk_);
    AddBins(other);
  }
  std::vector<float> ends(ends_.size() + other.ends_.size());
  std::merge(ends_.begin(), ends_.end(), other.ends_.begin(), other.ends_.end(), ends.begin());
  if (ends.size() > 2 * kEnds) {
    const auto kept = static_cast<std::ptrdiff_t>(kEnds);
    Count(std::span(ends).subspan(kEnds, ends.size() - 2 * kEnds));
    ends.erase(ends.begin() + kept, ends.end() - kept);
  }
  ends_ = std::move(ends);
}

double Histogram::Quantile(double share) const {
  double rank = share * static_cast<double>(count());  // values below the result
  const size_t low_ends = bins_.empty() ? ends_.size() : kEnds;
  for (size_t i = 0; i < low_ends; ++i, --rank) {
    if (rank < 1) return ends_[i];
  }
  for (size_t i = 0; i < bins_.size(); ++i) {
    const auto count = static_cast<double>(bins_[i]);
    if (rank < count) return edge(i) + width_ * rank / count;
    rank -= count;
  }
  for (size_t i = low_ends; i < ends_.size(); ++i, --rank) {
    if (rank < 1) return ends_[i];
  }
  return ends_.empty() ? 0 : double{ends_.back()};
}

void Histogram::Write(ByteWriter& writer) const {
  writer.Unsigned(ends_.size());
  for (float end : ends_) writer.Float(end);
  writer.Unsigned(bulk_count_);
  if (bulk_count_ == 0) return;
  writer.Float(bulk_.min);
  writer.Float(bulk_.max);
  for (uint64_t bin : bins_) writer.Unsigned(bin);
}

std::unique_ptr<Statistic> Histogram::Read(ByteReader& reader, const SampleRun&) {
  std::unique_ptr<Histogram> histogram(new Histogram);
  histogram->ends_ = ReadEnds(reader);
  const uint64_t count = reader.Unsigned();
  if (count == 0) return histogram;
  const Range bulk = ReadRange(reader);
  const auto& ends = histogram->ends_;
  if (ends.size() != 2 * kEnds || bulk.min < ends[kEnds - 1] || bulk.max > ends[kEnds]) {
    Fail(ErrorKind::kUnusable, "a histogram whose bulk is not between its ends");
  }
  histogram->Widen({bulk.min + 0.0F, bulk.max + 0.0F});
  uint64_t sum = 0;
  for (uint64_t& bin : histogram->bins_) {
    bin = reader.Unsigned();
    if (bin > kMostValues - sum) Fail(ErrorKind::kUnusable, "a histogram with too many values");
    sum += bin;
  }
  if (sum != count || histogram->bins_.front() == 0 || histogram->bins_.back() == 0) {
    Fail(ErrorKind::kUnusable, "a histogram whose bins do not fit its range");
  }
  histogram->bulk_count_ = count;
  return histogram;
}

}  // namespace qconvert
