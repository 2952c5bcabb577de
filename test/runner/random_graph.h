// Random float graphs of operators whose results are exact, so that any difference is a tensor that
// somebody wrote over.
#pragma once

#include <cstdint>

#include "lib/graph/graph.h"

namespace qconvert {

/// Makes a graph of about `nodes` additions, clamps, concatenations, reshapes and the like, in
/// which results stay alive for a random time; several of them are outputs.
Graph RandomGraph(uint64_t seed, int nodes);

}  // namespace qconvert
