// A fused activation between the graph and the options of a TFLite operator.
#pragma once

#include "lib/graph/operators.h"

namespace qconvert {

/// Returns a tflite::ActivationFunctionType.
int ToTflite(Activation activation);

/// Returns the activation of a tflite::ActivationFunctionType.
///   Throws Error(kUnsupported) for TANH and SIGN_BIT.
Activation ActivationFromTflite(int type);

}  // namespace qconvert
