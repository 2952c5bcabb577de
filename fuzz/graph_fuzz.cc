// A graph -> every float pass -> file -> reader, and runs of the graph before and after. The two
// runs agree wherever their numbers are tame.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fuzz/graph_source.h"
#include "fuzz/survive.h"

#include "lib/graph/text.h"
#include "lib/passes/pipeline.h"
#include "lib/passes/verify.h"
#include "lib/runner/session.h"
#include "lib/tflite/encode_file.h"

namespace qconvert {
namespace {

/// Runs a graph on made-up inputs. Returns its outputs, and the largest magnitude of all tensors:
/// NaN if there is one.
std::vector<std::vector<float>> Run(const Graph& graph, KernelSet kernels, float& largest) {
  const CompiledGraph compiled(graph, {kernels});
  Session session(compiled);
  for (size_t k = 0; k < graph.inputs.size(); ++k) {
    const std::span<std::byte> bytes = session.Input(k);
    for (size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
      const float value = static_cast<float>((i + 3 * k) * 37 % 64) / 16 - 2;
      std::memcpy(bytes.data() + i * sizeof(float), &value, sizeof(float));
    }
  }
  session.Run([&](TensorId id, std::span<const std::byte> bytes) {
    if (!graph.tensor(id).is_float()) return;
    for (size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
      float value = 0;
      std::memcpy(&value, bytes.data() + i * sizeof(float), sizeof(float));
      // A comparison with NaN is false, so the first one stays.
      if (!std::isnan(largest) && !(std::abs(value) <= largest)) largest = std::abs(value);
    }
  });
  std::vector<std::vector<float>> outputs;
  for (size_t k = 0; k < graph.outputs.size(); ++k) {
    const std::span<const std::byte> bytes = session.Output(k);
    outputs.emplace_back(bytes.size() / sizeof(float));
    std::memcpy(outputs.back().data(), bytes.data(), bytes.size());
  }
  return outputs;
}

void RequireAgreement(const std::vector<std::vector<float>>& a,
                      const std::vector<std::vector<float>>& b, float tolerance, const char* what,
                      const Graph& graph) {
  for (size_t k = 0; k < a.size(); ++k) {
    for (size_t i = 0; i < a[k].size(); ++i) {
      if (std::abs(a[k][i] - b[k][i]) <= tolerance) continue;
      std::fprintf(stderr, "%s: output %zu [%zu] is %g, was %g\n%s\n", what, k, i,
                   static_cast<double>(b[k][i]), static_cast<double>(a[k][i]),
                   ToText(graph).c_str());
      std::abort();
    }
  }
}

void FollowGraph(const Graph& graph) {
  VerifyGraph(graph);
  float largest = 0;
  const auto before = Run(graph, KernelSet::kReference, largest);
  Graph simplified = graph;
  RunFloatPasses(simplified);
  const auto after = Run(simplified, KernelSet::kFast, largest);
  const EncodedFile file = EncodeFile(simplified, false);
  Graph read = file.graph;
  RunPasses(kLoadPasses, read);
  const auto loaded = Run(read, KernelSet::kFast, largest);
  constexpr float kTame = 1e4F;  // beyond, or where something is NaN, rounding decides
  if (!(largest <= kTame)) return;
  RequireAgreement(after, loaded, 1e-4F * largest, "the file", read);
  RequireAgreement(before, after, 1e-2F * largest, "the passes", graph);
}

}  // namespace
}  // namespace qconvert

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] {
    ByteSource source(data, size);
    FollowGraph(MakeGraph(source));
  });
}
