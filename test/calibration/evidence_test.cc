#include "lib/calibration/evidence.h"

#include <cstring>

#include <catch2/catch.hpp>

#include "lib/calibration/calibrate.h"
#include "lib/calibration/extremes.h"
#include "lib/calibration/statistic_kinds.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

/// A network with every kind of layer that has weights.
Graph EveryLayer() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 2});
  const TensorId conv = b.Emit(Conv2D{}, {x, b.Random("w", {4, 3, 3, 1})}, "conv");
  const TensorId depthwise =
      b.Emit(DepthwiseConv2D{}, {b.Emit(Relu{}, {conv}), b.Random("d", {1, 2, 2, 4})}, "depthwise");
  const TensorId up =
      b.Emit(TransposeConv2D{{}, 4, 4}, {depthwise, b.Random("t", {2, 2, 2, 4})}, "up");
  const TensorId flat = b.Emit(Reshape{{1, 32}}, {up});
  return b.Output(b.Emit(FullyConnected{}, {flat, b.Random("f", {3, 32})}, "y")).Build();
}

std::vector<const StatisticKind*> ObservedKinds() {
  const auto all = AllStatisticKinds();
  std::vector<const StatisticKind*> kinds(all.begin(), all.end());
  std::erase_if(kinds, [](const StatisticKind* kind) { return kind->observe == nullptr; });
  return kinds;
}

Evidence Observe(const CompiledGraph& compiled, SampleRun samples,
                 const std::vector<const StatisticKind*>& kinds, int threads = 1) {
  ThreadPool pool(threads);
  Progress progress("", samples.count(), true);
  const auto feed = [&](size_t i, Session& session) {
    // Every third sample is a hundred times as large, so that the bins of a histogram widen.
    const float reach = i % 3 == 2 ? 100 : 1;
    const Tensor input = RandomInputs(compiled.graph(), i, -reach, reach).front();
    std::memcpy(session.Input(0).data(), input.constant->bytes.data(), input.bytes());
  };
  return Calibrate(compiled, samples, feed, kinds, pool, progress);
}

TEST_CASE("Evidence has the same bits for any threads and any split into parts", "[calibration]") {
  constexpr size_t kSamples = 13;
  const CompiledGraph compiled(EveryLayer());
  for (const StatisticKind* kind : ObservedKinds()) {
    INFO(kind->name);
    const auto bytes = Observe(compiled, {0, kSamples}, {kind}).Serialise();
    CHECK(Observe(compiled, {0, kSamples}, {kind}, 4).Serialise() == bytes);
    Random random(2);
    for (int trial = 0; trial < 8; ++trial) {
      Evidence evidence;
      for (size_t first = 0; first < kSamples;) {
        const auto count = static_cast<size_t>(random.Integer(1, 7));
        const size_t last = std::min(kSamples, first + count);
        // Parts travel as files.
        const auto part = Observe(compiled, {first, last}, {kind}, 2).Serialise();
        evidence.Append(Evidence::Parse(part));
        first = last;
      }
      REQUIRE(evidence.Serialise() == bytes);
    }
  }
}

TEST_CASE("Parts may be merged before they reach the first sample", "[calibration]") {
  const CompiledGraph compiled(EveryLayer());
  const auto kinds = ObservedKinds();
  Evidence tail = Observe(compiled, {3, 7}, kinds);
  tail.Append(Observe(compiled, {7, 9}, kinds));
  Evidence whole = Observe(compiled, {0, 3}, kinds);
  whole.Append(std::move(tail));
  CHECK(whole.samples() == SampleRun{0, 9});
  CHECK(whole.Serialise() == Observe(compiled, {0, 9}, kinds).Serialise());
}

TEST_CASE("Evidence that does not follow, or is of something else, is refused", "[calibration]") {
  const CompiledGraph compiled(EveryLayer());
  const std::vector<const StatisticKind*> kinds{&Extremes::kKind}, more = ObservedKinds();
  const auto refused = [&](Evidence next, const std::string& why) {
    Evidence evidence = Observe(compiled, {0, 2}, kinds);
    CHECK_THAT(ErrorOf([&] { evidence.Append(std::move(next)); }),
               IsError(ErrorKind::kUnusable, why));
  };
  refused(Observe(compiled, {3, 4}, kinds), "does not follow evidence that ends before sample 2");
  refused(Observe(compiled, {0, 2}, kinds), "does not follow");
  refused(Observe(compiled, {2, 3}, more), "different networks or statistics");
}

TEST_CASE("No evidence is evidence of no samples", "[calibration]") {
  Evidence none;
  none.Append(Evidence());
  CHECK(none.samples() == SampleRun{0, 0});
  CHECK(none.Find<Extremes>("x") == nullptr);
  CHECK(Evidence::Parse(none.Serialise()).Serialise() == none.Serialise());
}

std::string AsText(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void ParseAndUse(std::span<const std::byte> bytes) {
  Evidence evidence = Evidence::Parse(bytes);
  evidence.Append(Evidence::Parse(bytes));
}

TEST_CASE("Damaged evidence is refused, wherever the damage is", "[calibration]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 12, 12, 1});
  b.Output(b.Emit(Conv2D{}, {x, b.Random("w", {1, 2, 1, 1})}, "y"));
  const CompiledGraph compiled(b.Build());
  std::string bytes;
  for (const StatisticKind* kind : ObservedKinds()) {
    INFO(kind->name);
    bytes = AsText(Observe(compiled, {1, 4}, {kind}).Serialise());
    RequireSurvivesTruncation(bytes, ParseAndUse);
    // Every bit of some hundred bytes, one bit of every byte of the rest.
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        if (i > 400 && static_cast<int>(i % 8) != bit) continue;
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
        RequireSurvives(damaged, ParseAndUse);
      }
    }
    RequireSurvivesFlips(bytes, ParseAndUse, 500);
  }
}

TEST_CASE("Other files and versions are no evidence", "[calibration]") {
  const auto refused = [](const std::string& magic, uint64_t version, SampleRun samples,
                          const std::string& kind, const std::string& why) {
    ByteWriter writer;
    writer.Text(magic);
    writer.Unsigned(version);
    writer.Unsigned(samples.first);
    writer.Unsigned(samples.last);
    writer.Text(kind);
    writer.Text("x");
    writer.Unsigned(8);
    writer.Float(-1);
    writer.Float(2);
    const auto bytes = writer.Take();
    CHECK_THAT(ErrorOf([&] { Evidence::Parse(bytes); }), IsError(ErrorKind::kUnusable, why));
  };
  const std::string magic = "qconvert evidence";
  refused("something else", 1, {0, 1}, "extremes", "evidence: it holds no evidence");
  refused(magic, 2, {0, 1}, "extremes", "it has version 2, we read version 1");
  refused(magic, 1, {2, 1}, "extremes", "impossible number of samples");
  refused(magic, 1, {0, size_t{1} << 60}, "extremes", "impossible number of samples");
  refused(magic, 1, {1, 1}, "extremes", "out of order");
  refused(magic, 1, {0, 1}, "best values", "there is no statistic 'best values'");
  refused(magic, 1, {0, 2}, "sample extremes", "it ends too soon");
  refused(magic, 1, {0, 1}, "totals", "it ends too soon");
}

}  // namespace
}  // namespace qconvert
