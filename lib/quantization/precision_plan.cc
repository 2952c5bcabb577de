#include "lib/quantization/precision_plan.h"

#include "lib/quantization/exclusion.h"

namespace qconvert {

void KeepFloat(const Graph& graph, const std::string& pattern, PrecisionPlan& plan) {
  const Exclusion exclusion(pattern);
  for (const Node& node : graph.nodes()) {
    if (exclusion.Names(node)) plan.exceptions[node.name] = {kFloatNode, "named by --exclude"};
  }
}

}  // namespace qconvert
