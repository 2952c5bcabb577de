#include "lib/tuning/narrow_activations.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <catch2/catch.hpp>

#include "lib/runner/session.h"
#include "lib/tuning/file_values.h"
#include "lib/tuning/tuned_graph.h"
#include "test/support/random.h"
#include "test/tuning/trained_network.h"

namespace qconvert {
namespace {

double RealOf(const Grid& grid, int32_t q) {
  return double{grid.params.scale} * (q - grid.params.zero_point);
}

TEST_CASE("A narrow grid spans the wide one's range within a step, and holds zero", "[tuning]") {
  const int bits = GENERATE(2, 3, 4, 7);
  const int32_t zero_point = GENERATE(-128, -128 + 9, 0, 37, 127);
  const Grid wide{{0.1F, zero_point}, kInt8Limits};
  const Grid narrow = NarrowGrid(wide, bits);
  CHECK(narrow.limits.max - narrow.limits.min == (1 << bits) - 1);
  CHECK(narrow.params.zero_point >= narrow.limits.min);
  CHECK(narrow.params.zero_point <= narrow.limits.max);
  const double half_step = double{narrow.params.scale} / 2 + 1e-5;
  CHECK(std::abs(RealOf(narrow, narrow.limits.min) - RealOf(wide, -128)) <= half_step);
  CHECK(std::abs(RealOf(narrow, narrow.limits.max) - RealOf(wide, 127)) <= half_step);
}

/// MixedNetwork with 4-bit activations.
TrainedNetwork MakeNarrow() {
  TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kLearned);
  const std::vector<TensorId> students{network.losses[0].student};
  network.graph = TrainedGraph(network.real, network.graph.quantized(), students,
                               RangeTraining::kLearned, {}, 4);
  return network;
}

TEST_CASE("The file of 4-bit activations computes what was simulated", "[tuning]") {
  const TrainedNetwork network = MakeNarrow();
  const SimulationKernels kernels(network.graph);
  SimulationRun run(network.graph, kernels);
  const CompiledGraph compiled(TunedGraphOf(network.graph, network.graph.initial()));
  Session session(compiled);
  const std::vector<float> values = FileValuesOf(network.graph, network.graph.initial());
  double signal = 0, noise = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<std::byte> x = CornerSamples(network, 1, seed).read(0)[0];
    std::memcpy(run.Input(0).data(), x.data(), run.Input(0).size());
    run.Forward(values);
    WriteInput(compiled.graph(), InputPorts(compiled.graph())[0], x, session.Input(0));
    session.Run();
    const auto simulated = run.Value(network.losses[0].student);
    const auto computed =
        ReadOutput(compiled.graph(), OutputPorts(compiled.graph())[0], session.Output(0));
    for (size_t i = 0; i < computed.size(); ++i) {
      signal += double{simulated[i]} * double{simulated[i]};
      noise += std::pow(double{simulated[i]} - double{computed[i]}, 2);
    }
  }
  CHECK(signal > 100 * noise);  // integer kernels round a few values the other way
}

TEST_CASE("All that int8 kernels read is clamped to 16 integers", "[tuning]") {
  const Graph tuned = [] {
    const TrainedNetwork network = MakeNarrow();
    return TunedGraphOf(network.graph, network.graph.initial());
  }();
  size_t clamps = 0;
  for (const Node& node : tuned.nodes()) {
    if (!node.Is<Minimum>()) continue;
    ++clamps;
    CHECK(tuned.tensor(node.input(1)).Values<int8_t>()[0] == 7);
    const Node* raising = tuned.Producer(node.input(0));
    REQUIRE(raising->Is<Maximum>());
    CHECK(tuned.tensor(raising->input(1)).Values<int8_t>()[0] == -8);
    CHECK(tuned.Consumers(raising->input(0)).size() == 1);
  }
  CHECK(clamps == 7);  // x, c, d, d in the scale of all, sum, all and y; flat is moved
}

}  // namespace
}  // namespace qconvert
