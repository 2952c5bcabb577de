#include "lib/evaluation/roofline.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <vector>

#include "lib/evaluation/timing.h"
#include "lib/graph/graph.h"

namespace qconvert {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kRows = 384, kSide = 512;  // operands of 0.2 to 1 MB
constexpr int kProducts = 20;
constexpr size_t kReadBytes = size_t{1} << 27;
constexpr int kReadParts = 64;

Tensor Activations(const char* name, int64_t columns, bool integer) {
  Tensor tensor{name, integer ? ElementType::kInt8 : ElementType::kFloat32, {kRows, columns}};
  if (integer) tensor.quant = PerLayer(0.05F, 0);
  return tensor;
}

Tensor Weights(bool integer) {
  constexpr auto kCount = static_cast<size_t>(kSide * kSide);
  if (!integer) {
    return MakeConstantTensor("weights", {kSide, kSide}, std::vector<float>(kCount, 0.01F));
  }
  Tensor weights =
      MakeConstantTensor("weights", {kSide, kSide}, std::vector<int8_t>(kCount, int8_t{3}));
  weights.quant = PerLayer(0.01F, 0);
  return weights;
}

/// One fully connected layer, as large as the biggest of networks.
Graph ProductGraph(bool integer) {
  Graph graph;
  const TensorId input = graph.AddTensor(Activations("input", kSide, integer));
  const TensorId weights = graph.AddTensor(Weights(integer));
  const TensorId output = graph.AddTensor(Activations("output", kSide, integer));
  graph.Append(Node("product", FullyConnected{}, {input, weights}, {output}));
  graph.inputs = {input};
  graph.outputs = {output};
  return graph;
}

double ProductGops(bool integer, ThreadPool& threads) {
  const CompiledGraph compiled(ProductGraph(integer), {.threads = threads.threads()});
  const Timing timing = TimeRuns(compiled, {.runs = kProducts}, threads);
  return 2.0 * kRows * kSide * kSide / (timing.run_ms.front() * 1e6);
}

double ReadGigabytesPerSecond(ThreadPool& threads) {
  const std::vector<uint64_t> memory(kReadBytes / sizeof(uint64_t), 1);
  std::vector<uint64_t> sums(kReadParts);
  double best_s = 1e9;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const Clock::time_point start = Clock::now();
    threads.Run(kReadParts, [&](int part, int) {
      const auto words = static_cast<std::ptrdiff_t>(memory.size() / kReadParts);
      const auto first = memory.begin() + part * words;
      sums[static_cast<size_t>(part)] = std::accumulate(first, first + words, uint64_t{0});
    });
    best_s = std::min(best_s, std::chrono::duration<double>(Clock::now() - start).count());
  }
  // The sums are 1 each; reading them keeps the loops alive.
  const uint64_t words = std::accumulate(sums.begin(), sums.end(), uint64_t{0});
  return static_cast<double>(words * sizeof(uint64_t)) / (best_s * 1e9);
}

}  // namespace

MachinePeaks MeasurePeaks(ThreadPool& threads) {
  return {ProductGops(true, threads), ProductGops(false, threads), ReadGigabytesPerSecond(threads)};
}

}  // namespace qconvert
