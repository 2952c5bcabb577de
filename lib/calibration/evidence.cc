#include "lib/calibration/evidence.h"

#include <algorithm>
#include <utility>

#include "lib/base/error.h"
#include "lib/calibration/statistic_kinds.h"

namespace qconvert {
namespace {

constexpr std::string_view kMagic = "qconvert evidence";
constexpr uint64_t kVersion = 1;
constexpr uint64_t kMostSamples = uint64_t{1} << 48;  // indices of samples are added and doubled

SampleRun ReadSamples(ByteReader& reader) {
  const uint64_t first = reader.Unsigned(), last = reader.Unsigned();
  if (first > last || last > kMostSamples) {
    Fail(ErrorKind::kUnusable, "evidence of an impossible number of samples");
  }
  return {static_cast<size_t>(first), static_cast<size_t>(last)};
}

/// Reads one statistic, which fills its bytes.
std::unique_ptr<Statistic> ReadStatistic(const Evidence::Key& key, std::span<const std::byte> bytes,
                                         const SampleRun& samples) {
  ByteReader reader(bytes);
  std::unique_ptr<Statistic> statistic = KindNamed(key.kind).read(reader, samples);
  if (reader.remaining() != 0) Fail(ErrorKind::kUnusable, "bytes are left over");
  return statistic;
}

Evidence Read(ByteReader& reader) {
  if (reader.Text() != kMagic) Fail(ErrorKind::kUnusable, "it holds no evidence");
  const uint64_t version = reader.Unsigned();
  if (version != kVersion) {
    Fail(ErrorKind::kUnusable, "it has version " + std::to_string(version) + ", we read version " +
                                   std::to_string(kVersion));
  }
  const SampleRun samples = ReadSamples(reader);
  Evidence::Keys keys;
  std::vector<std::unique_ptr<Statistic>> statistics;
  while (reader.remaining() != 0) {
    const std::string kind = reader.Text(), subject = reader.Text();
    const Evidence::Key key{kind, subject};
    if (samples.count() == 0 || (!keys.empty() && key <= keys.back())) {
      Fail(ErrorKind::kUnusable, "its statistics are out of order");
    }
    statistics.push_back(ReadStatistic(key, reader.Bytes(reader.Unsigned()), samples));
    keys.push_back(key);
  }
  return {samples, std::make_shared<const Evidence::Keys>(std::move(keys)), std::move(statistics)};
}

}  // namespace

Evidence::Evidence(SampleRun samples, std::shared_ptr<const Keys> keys,
                   std::vector<std::unique_ptr<Statistic>> statistics)
    : samples_(samples), keys_(std::move(keys)), statistics_(std::move(statistics)) {
  Check(keys_->size() == statistics_.size(), "evidence without keys");
}

const Statistic* Evidence::Find(std::string_view kind, std::string_view subject) const {
  const std::pair wanted(kind, subject);
  const auto found = std::lower_bound(
      keys_->begin(), keys_->end(), wanted, [](const Key& key, const auto& searched) {
        return std::pair<std::string_view, std::string_view>(key.kind, key.subject) < searched;
      });
  if (found == keys_->end() || found->kind != kind || found->subject != subject) return nullptr;
  return statistics_[static_cast<size_t>(found - keys_->begin())].get();
}

void Evidence::Append(Evidence next) {
  if (next.samples_.count() == 0) return;
  if (samples_.count() == 0) {
    *this = std::move(next);
    return;
  }
  if (next.samples_.first != samples_.last) {
    Fail(ErrorKind::kUnusable, "evidence of samples from " + std::to_string(next.samples_.first) +
                                   " on does not follow evidence that ends before sample " +
                                   std::to_string(samples_.last));
  }
  if (keys_ != next.keys_ && *keys_ != *next.keys_) {
    Fail(ErrorKind::kUnusable, "parts of the evidence are of different networks or statistics");
  }
  for (size_t i = 0; i < statistics_.size(); ++i) {
    statistics_[i]->Append(std::move(*next.statistics_[i]));
  }
  samples_.last = next.samples_.last;
}

std::vector<std::byte> Evidence::Serialise() const {
  ByteWriter writer;
  writer.Text(kMagic);
  writer.Unsigned(kVersion);
  writer.Unsigned(samples_.first);
  writer.Unsigned(samples_.last);
  for (size_t i = 0; i < statistics_.size(); ++i) {
    ByteWriter content;
    statistics_[i]->Write(content);
    writer.Text((*keys_)[i].kind);
    writer.Text((*keys_)[i].subject);
    writer.Unsigned(content.size());
    writer.Bytes(content.Take());
  }
  return writer.Take();
}

Evidence Evidence::Parse(std::span<const std::byte> bytes) try {
  ByteReader reader(bytes);
  return Read(reader);
} catch (const Error& error) {
  throw error.WithContext("evidence");
}

}  // namespace qconvert
