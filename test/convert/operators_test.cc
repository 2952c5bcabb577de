// Every operator through the whole back half: calibrated, quantized, written, read and run.
#include <cstring>

#include <catch2/catch.hpp>

#include "lib/passes/pipeline.h"
#include "lib/quantization/build.h"
#include "lib/quantization/plan.h"
#include "lib/runner/session.h"
#include "lib/tflite/reader.h"
#include "lib/tflite/verify_rules.h"
#include "lib/tflite/writer.h"
#include "test/support/errors.h"
#include "test/support/operator_cases.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

Graph Read(std::span<const std::byte> bytes) {
  Graph graph = ReadTflite(bytes, nullptr);
  RunPasses(kLoadPasses, graph);
  return graph;
}

std::string Written(const Graph& graph) {
  const SharedBytes file = WriteTflite(graph);
  return {reinterpret_cast<const char*>(file->data()), file->size()};
}

Graph Integer(const Graph& graph) {
  const Ranges ranges(static_cast<size_t>(graph.tensor_count()), Range{-2, 3});
  KnownMoments evidence([](const Tensor&) { return std::nullopt; });
  Graph integer = Build(graph, Plan(graph, ranges, {}, {}), evidence).graph;
  RunPasses(kExportPasses, integer);
  return integer;
}

TEST_CASE("What the quantizer makes of any operator keeps TFLite's rules", "[convert]") {
  for (const OperatorCase& c : OperatorCases()) {
    if (OnlyNode(c.graph).Is<Quantize>() || OnlyNode(c.graph).Is<Dequantize>()) continue;
    INFO(OnlyNode(c.graph).kind() << " " << c.label);
    const std::string bytes = Written(Integer(c.graph));
    CHECK_NOTHROW(VerifyRules(Read(AsBytes(bytes)), false));
  }
}

/// Compiles and runs what a file holds, if it is small.
void RunFile(std::span<const std::byte> bytes, KernelSet kernels) {
  const CompiledGraph compiled(Read(bytes), {kernels});
  if (compiled.arena_bytes() + compiled.scratch_bytes() > (size_t{1} << 24)) return;
  Session session(compiled);
  for (size_t i = 0; i < compiled.graph().inputs.size(); ++i) {
    const std::span<std::byte> input = session.Input(i);
    std::memset(input.data(), 1, input.size());
  }
  session.Run();
}

TEST_CASE("Damaged files that can be read can be run", "[convert]") {
  const KernelSet kernels = GENERATE(KernelSet::kFast, KernelSet::kReference);
  const auto run = [&](std::span<const std::byte> bytes) { RunFile(bytes, kernels); };
  for (const OperatorCase& c : OperatorCases()) {
    INFO(OnlyNode(c.graph).kind() << " " << c.label);
    RequireSurvivesFlips(Written(c.graph), run, 60);
    if (HasInt8Form(c.graph)) RequireSurvivesFlips(Written(AsInt8(c.graph)), run, 60);
  }
}

}  // namespace
}  // namespace qconvert
