#include "lib/tuning/dithered_weights.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/tuning/file_values.h"
#include "test/tuning/trained_network.h"

namespace qconvert {
namespace {

/// Of draws that are each at most one step away; a mean of that many strays by a twentieth of a
/// step once in 10^7 times (Hoeffding: 2 exp(-2 n t^2)).
constexpr int kDraws = 4000;
constexpr double kStray = 0.05;

TEST_CASE("Dithered weights are rounded up or down, and their mean is the weight", "[tuning]") {
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kFixed, 4);
  const TrainedGraph& graph = network.graph;
  const TrainedLayer& layer = graph.layers()[0];
  const Segment& segment = graph.segments()[layer.weights_segment];
  const auto weights = segment.Of(std::span(graph.initial()));
  std::vector<double> sums(weights.size());
  for (uint64_t draw = 0; draw < kDraws; ++draw) {
    const std::vector<float> values =
        FileValuesOf(graph, DitheredWeights(graph, graph.initial(), draw));
    const auto rounded = segment.Of(std::span(values));
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += double{rounded[i]};
  }
  const double step = double{layer.initial[0].scale};
  size_t compared = 0;
  for (size_t i = 0; i < sums.size(); ++i) {
    if (std::abs(double{weights[i]}) > 6 * step) continue;  // perhaps clamped
    ++compared;
    CHECK(sums[i] / kDraws == Approx(double{weights[i]}).margin(kStray * step));
  }
  CHECK(compared > 100);
}

TEST_CASE("Nothing but weights is dithered, and a seed gives one dither", "[tuning]") {
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kFixed, 8);
  const std::vector<float>& before = network.graph.initial();
  const std::vector<float> after = DitheredWeights(network.graph, before, 7);
  CHECK(after == DitheredWeights(network.graph, before, 7));
  CHECK(after != DitheredWeights(network.graph, before, 8));
  for (const Segment& segment : network.graph.segments()) {
    if (segment.kind == Segment::Kind::kWeights) continue;
    const auto one = segment.Of(std::span(before)), other = segment.Of(std::span(after));
    CHECK(std::equal(one.begin(), one.end(), other.begin()));
  }
}

}  // namespace
}  // namespace qconvert
