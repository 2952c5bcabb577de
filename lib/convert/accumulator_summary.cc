#include "lib/convert/accumulator_summary.h"

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/evaluation/accumulators.h"
#include "lib/quantization/accumulator.h"

namespace qconvert {

std::vector<AccumulatorSummary> SummarizeAccumulators(const NodeNames& network, const Graph& file) {
  std::vector<AccumulatorSummary> accumulators;
  for (const LayerAccumulator& layer : AccumulatorsOf(file)) {
    accumulators.push_back(
        {NameInNetwork(network, *layer.node, file), std::string(layer.node->kind()), layer.bits()});
  }
  return accumulators;
}

void RequireAccumulators(const std::vector<AccumulatorSummary>& accumulators, int bits) {
  if (bits == kMostAccumulatorBits) return;
  for (const AccumulatorSummary& node : accumulators) {
    if (node.bits <= bits) continue;
    Fail(ErrorKind::kUnsupported,
         fmt::format("node '{}' ({}) adds up products of two activations, which may take {} bits, "
                     "more than --accumulator-bits {}; allow {}, or keep it in float by --exclude",
                     node.node, node.kind, node.bits, bits, node.bits));
  }
}

}  // namespace qconvert
