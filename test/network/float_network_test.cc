#include "lib/network/float_network.h"

#include <catch2/catch.hpp>

#include "lib/calibration/extremes.h"
#include "lib/calibration/synthetic_inputs.h"
#include "lib/passes/linear.h"
#include "test/onnx/model_builder.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

Graph SmallNetwork() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 3});
  const TensorId c = b.Emit(Conv2D{}, {x, b.Random("w", {4, 3, 3, 3}), b.Random("b", {4})}, "c");
  return b.Output(b.Emit(Relu{}, {c}, "y")).Build();
}

/// Runs a network on made-up inputs and returns the range of a tensor.
Range RangeOf(FloatNetwork& network, const std::string& tensor) {
  ThreadPool threads(2);
  Progress progress("running", 4, /*quiet=*/true);
  const StatisticKind* const kinds[] = {&Extremes::kKind};
  const NetworkFeed feed = [](const Graph& graph, size_t i, Session& session) {
    FeedSynthetic(graph, i, session);
  };
  const Evidence evidence = network.Run({0, 4}, feed, kinds, {threads, progress});
  return evidence.Find<Extremes>(tensor)->range();
}

TEST_CASE("A network runs as often as it is asked, and loads itself when its graph is",
          "[network]") {
  int loads = 0;
  FloatNetwork network([&] { return ++loads, SmallNetwork(); });
  CHECK(network.graph().nodes().size() == 2);
  CHECK(loads == 1);
  const Range first = RangeOf(network, "c");
  CHECK(RangeOf(network, "c") == first);
  CHECK(loads == 1);
  CHECK(network.graph().tensor(network.graph().FindTensor("w")).is_constant());
  CHECK(loads == 2);
  CHECK(RangeOf(network, "c") == first);
  CHECK(network.structure().nodes().size() == 2);
  CHECK(loads == 2);
}

TEST_CASE("Weights are in memory once: as the graph, or as what runs", "[network]") {
  std::weak_ptr<const void> weights;
  FloatNetwork network([&] {
    Graph graph = SmallNetwork();
    weights = graph.tensor(graph.FindTensor("w")).constant->owner;
    return graph;
  });
  CHECK_FALSE(weights.expired());
  RangeOf(network, "c");
  CHECK(weights.expired());  // repacked by the kernel
  network.graph();
  CHECK_FALSE(weights.expired());
}

TEST_CASE("A network that is released loads itself when it is needed", "[network]") {
  int loads = 0;
  FloatNetwork network([&] { return ++loads, SmallNetwork(); });
  const Range range = RangeOf(network, "c");
  network.Release();
  CHECK(loads == 1);
  CHECK(network.structure().nodes().size() == 2);
  CHECK(RangeOf(network, "c") == range);
  CHECK(loads == 2);
}

TEST_CASE("Rewrites are replayed after each load", "[network]") {
  FloatNetwork network(SmallNetwork);
  const Range before = RangeOf(network, "c");
  network.Apply([](Graph& graph) {
    const std::vector<float> doubled(4, 2), none(4, 0);
    ScaleAndShift(graph, graph.nodes().front(), doubled, none);
  });
  const Range after = RangeOf(network, "c");
  // A factor of two is exact in every step.
  CHECK(after == Range{2 * before.min, 2 * before.max});
  network.graph();
  CHECK(RangeOf(network, "c") == after);
}

TEST_CASE("A file that changes during a conversion is noticed", "[network]") {
  bool changed = false;
  FloatNetwork network([&] {
    if (changed) Fail(ErrorKind::kUnusable, "it changed");
    return SmallNetwork();
  });
  RangeOf(network, "c");
  changed = true;
  CHECK_THROWS_AS(network.graph(), Error);
  changed = false;
  CHECK(network.graph().nodes().size() == 2);
}

TEST_CASE("Weights that change beside the model are noticed", "[network]") {
  const ScratchFolder folder;
  const std::string weights = folder.Write("weights.bin", std::string(16, '\0'));
  ModelBuilder model = ReluModel();
  onnx::TensorProto& tensor = model.Weights("w", {4}, {});
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  auto& location = *tensor.add_external_data();
  location.set_key("location");
  location.set_value("weights.bin");
  model.Node("Add", {"y", "w"}, {"z"});
  model.Output("z");
  FloatNetwork network(
      NetworkSource{folder.Write("model.onnx", model.Bytes()), {}, Layout::kNhwc, ""});
  CHECK_NOTHROW(network.RequireUnchanged());
  folder.Write("weights.bin", std::string(16, '\1'));
  CHECK_THAT(ErrorOf([&] { network.RequireUnchanged(); }),
             IsError(ErrorKind::kUnusable, weights + ": it changed while it was converted"));
  network.Release();
  CHECK_THAT(ErrorOf([&] { network.graph(); }), IsError(ErrorKind::kUnusable, "weights.bin"));
}

}  // namespace
}  // namespace qconvert
