// Two small networks for the runner's tests.
#pragma once

#include "lib/graph/graph.h"

namespace qconvert {

/// Convolutions, pooling, a skip connection and a classifier, with 576 inputs.
Graph FloatNetwork();
/// A convolution per channel, and a pool and a reshape that only pass its steps on.
Graph IntegerNetwork();

}  // namespace qconvert
