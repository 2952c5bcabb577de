#include "lib/calibration/moments.h"

#include "lib/base/error.h"

namespace qconvert {
namespace {

std::unique_ptr<Statistic> Observe(const Graph& graph, const Subject& subject,
                                   const TensorSample& seen) {
  const auto channels = static_cast<size_t>(graph.tensor(subject.tensor).shape.back());
  return std::make_unique<Moments>(TreeSum(seen.sample, SumMoments(seen.values, channels)));
}

std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun& samples) {
  const uint64_t channels = reader.Unsigned();
  if (channels > reader.remaining()) Fail(ErrorKind::kUnusable, "moments that end too soon");
  auto sums = TreeSum::Read(reader, samples, static_cast<size_t>(1 + 2 * channels));
  return std::make_unique<Moments>(std::move(sums));
}

}  // namespace

constinit const StatisticKind Moments::kKind{"moments", WeightedTensors, Observe, Read};

std::optional<ChannelMoments> MomentsOf(const Evidence& evidence, const Tensor& tensor) {
  const Moments* found = evidence.Find<Moments>(tensor.name);
  if (found == nullptr) return std::nullopt;
  return found->moments();
}

void Moments::Append(Statistic&& next) { sums_.Append(std::move(As<Moments>(next).sums_)); }

void Moments::Write(ByteWriter& writer) const {
  writer.Unsigned(sums_.length() / 2);
  sums_.Write(writer);
}

}  // namespace qconvert
