// Checks a quantized graph against the rules of TFLite's integer kernels, most of which LiteRT does
// not check itself and silently computes wrong numbers for. Runs on what the reader makes of our
// own bytes, before they are written to a file.
#pragma once

#include "lib/graph/graph.h"

namespace qconvert {

/// Checks, for every node with a quantized operand or result, its record's quantization rule
/// (lib/ops/quant_rule.h): types, shared and fixed parameters, weight axes, zero points and limits,
/// bias scales; that the kernel takes the scales (lib/ops/scale_rules.h); and that every scale is a
/// normal float > 0 with a zero point inside its type, which is 0 for int16. Checks, float or not,
/// that transposed convolutions have a size that the padding they name leads back from. Beside
/// int16 activations weights are int8 and biases int64.
///   allow_asymmetric_weights  permits asymmetric weights where only our runner executes them
///   Throws Error(kInternal), naming node and rule, so that such a file is never written.
void VerifyRules(const Graph& graph, bool allow_asymmetric_weights);

}  // namespace qconvert
