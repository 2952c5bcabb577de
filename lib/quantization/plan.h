// Float graph + ranges + what is asked of each node -> what each node and tensor becomes. Stands
// between calibration/ and build.h.
#pragma once

#include "lib/calibration/choose_ranges.h"
#include "lib/quantization/codebook_size.h"
#include "lib/quantization/quantization_plan.h"

namespace qconvert {

/// What holds for all nodes alike.
struct PlanOptions {
  bool per_channel = true;          ///< one weight scale per output channel, else per layer
  bool asymmetric_weights = false;  ///< affine instead of symmetric
  bool allow_extensions = false;    ///< permit what only our runner executes
  bool strict = false;              ///< a node that was asked to be integer and is not is an error
  IoType io = IoType::kFloat32;
  int codebook_size = kMostCodes;  ///< of weights that get a codebook
};

/// Decides for every node, within what TFLite's kernels accept. A node without an integer kernel
/// stays float; 4 bits become 8 where there is no kernel of 4; weights of float nodes that are too
/// small to save anything stay float.
///   ranges   by tensor id of `graph`, each including zero; of no use where all nodes are float
///   Throws Error(kUnsupported), listing the nodes, for pairs of weights and activations that there
///   is no kernel for, and under options.strict; Error(kUsage) for asymmetric weights where TFLite
///   refuses them, without options.allow_extensions.
QuantizationPlan Plan(const Graph& graph, const ActivationRanges& ranges,
                      const PrecisionPlan& precision, const PlanOptions& options);

}  // namespace qconvert
