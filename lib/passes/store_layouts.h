// Stores what was chosen in the family's order.
#pragma once

#include "lib/passes/layout_terms.h"

namespace qconvert {

/// Rewrites the nodes, inputs and outputs of label 1, each between Transposes; merges what meets.
void StoreLayouts(const LayoutTerms& layouts, const LayoutFamily& family, Graph& graph);

}  // namespace qconvert
