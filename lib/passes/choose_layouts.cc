// Every node that can work on stored forms gets a label: 1 if it does, 0 if it stays as it is; all
// others have label 0. Between a tensor's producer (label a) and a reader (label b) stands a chain
// of Transposes and Reshapes, which depends on both:
//
//     producer -> [Transpose {perm} if a] -> chain -> [Transpose {inverse} if b] -> reader
//
// The price of a chain is the number of operators in the shortest chain that does the same. Readers
// of one tensor with the same label pay it once. The labels with the lowest sum of prices are a
// minimum cut.
#include "lib/passes/choose_layouts.h"

#include <algorithm>

#include "lib/passes/layout_labels.h"
#include "lib/passes/store_layouts.h"

namespace qconvert {

bool ChooseLayouts(Graph& graph, const LayoutFamily& family, LayoutFreedom freedom) {
  if (graph.nodes().empty()) return false;
  LayoutTerms layouts = FindLayoutTerms(graph, family, freedom.inputs_and_outputs);
  PinContradictions(layouts);
  const int64_t before = PriceOf(layouts);
  LabelLayouts(layouts, freedom.prefer_stored);
  const int64_t after = PriceOf(layouts);
  const bool stores = std::any_of(layouts.choices.begin(), layouts.choices.end(),
                                  [](const auto& choice) { return choice->is_stored; });
  if (!stores || after > before || (after == before && !freedom.prefer_stored)) return false;
  StoreLayouts(layouts, family, graph);
  return true;
}

}  // namespace qconvert
