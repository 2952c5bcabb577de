// Which inputs and outputs of a candidate are NHWC, where its file does not say so. Evaluate asks
// it between reading two networks and comparing them.
#pragma once

#include "lib/graph/graph.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Says of each port of the candidate that it is NHWC where its shape shows that: [N,H,W,C] against
/// the reference's [N,C,H,W].
///   said  by the user, where shapes leave it open
///   Throws Error(kUsage) when shapes leave it open and nothing was said.
void SettleLayouts(const Graph& reference, Graph& candidate, EvaluateOptions::Layout said);

}  // namespace qconvert
