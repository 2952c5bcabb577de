#include "lib/search/score.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/calibration/choose_ranges.h"
#include "lib/calibration/moments.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr size_t kSamples = 6;

Graph SmallNetwork() {
  GraphBuilder b;
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  const TensorId x = b.Input("x", {1, 8, 8, 3});
  const TensorId c = b.Emit(Conv2D{same, Activation::kRelu},
                            {x, b.Random("w1", {8, 3, 3, 3}), b.Random("b1", {8})}, "first");
  const TensorId d = b.Emit(DepthwiseConv2D{same}, {c, b.Random("w2", {1, 3, 3, 8})}, "second");
  const TensorId m = b.Emit(Mean{{1, 2}, false}, {d}, "mean");
  return b.Output(b.Emit(FullyConnected{}, {m, b.Random("w3", {10, 8})}, "classes")).Build();
}

std::vector<std::vector<std::byte>> ReadSample(size_t i) {
  const std::vector<float> values = RandomFloats(8 * 8 * 3, i + 1, -2, 2);
  const auto bytes = std::as_bytes(std::span(values));
  return {{bytes.begin(), bytes.end()}};
}

/// All that plans of the small network share.
class Shared {
 public:
  Shared() : threads_(2), network_(SmallNetwork), trace_(network_.structure(), kSamples, kSamples) {
    Progress progress("", kSamples, /*quiet=*/true);
    std::vector<const StatisticKind*> kinds = KindsForRanges(RangeMethodNamed("min-max"));
    kinds.push_back(&Moments::kKind);
    const SampleObserver add = [this](size_t i, TensorId id, std::span<const std::byte> bytes) {
      trace_.Add(i, id, bytes);
    };
    evidence_ = network_.Run({0, kSamples}, FeedFrom(read_), kinds,
                             {threads_, progress, FloatPrecision::kFloat32, add});
    ranges_ = ChooseRanges(network_.graph(), evidence_, RangeMethodNamed("min-max"), {}).ranges;
  }

  PlanScore Score(const PrecisionPlan& plan) {
    const auto find = [this](const Tensor& tensor) { return Find(tensor); };
    const Recipe recipe{{}, {}, [&] {
                          return OwnedEvidence{std::make_unique<KnownMoments>(find), nullptr};
                        }};
    return Scorer(network_.graph(), ranges_, recipe, trace_, read_, threads_).Score(plan);
  }

 private:
  std::optional<ChannelMoments> Find(const Tensor& tensor) const {
    const Moments* found = evidence_.Find<Moments>(tensor.name);
    return found == nullptr ? std::nullopt : std::optional(found->moments());
  }

  const SampleReader read_ = ReadSample;
  ThreadPool threads_;
  FloatNetwork network_;
  Trace trace_;
  Evidence evidence_;
  Ranges ranges_;
};

double Sqnr(const PlanScore& score) { return score.comparison.outputs.at(0).errors.sqnr_db(); }

TEST_CASE("A plan of floats is exact, and fewer bits are smaller and worse", "[search]") {
  Shared shared;
  const PlanScore exact = shared.Score({kFloatNode, {}});
  const PlanScore int8 = shared.Score({{WeightPrecision::kInt8, ActivationPrecision::kInt8}, {}});
  const PlanScore int4 = shared.Score({{WeightPrecision::kInt4, ActivationPrecision::kInt8}, {}});
  CHECK(std::isinf(Sqnr(exact)));
  CHECK(exact.comparison.samples == kSamples);
  CHECK(Sqnr(int8) > Sqnr(int4));
  CHECK(int8.file_bytes > 0);
}

TEST_CASE("A plan may be scored again and again, and gives the same", "[search]") {
  Shared shared;
  PrecisionPlan mixed{{WeightPrecision::kInt8, ActivationPrecision::kInt8}, {}};
  mixed.exceptions["classes"] = {kFloatNode, "tried"};
  const PlanScore first = shared.Score(mixed);
  for (int i = 0; i < 20; ++i) {
    const PlanScore again = shared.Score(mixed);
    CHECK(Sqnr(again) == Sqnr(first));
    CHECK(again.file_bytes == first.file_bytes);
  }
}

}  // namespace
}  // namespace qconvert
