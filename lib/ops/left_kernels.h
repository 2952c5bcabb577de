// Integer kernels that LiteRT has and the quantizer leaves, because their results are wrong: the
// reasons that users read. test/peers/left_kernels_test.py measures them.
#pragma once

#include <string_view>

#include "lib/ops/op.h"

namespace qconvert {

/// Returns why an operator stays float although LiteRT has an integer kernel for it; empty when the
/// kernel is right, or there is none.
std::string_view WhyKernelIsLeft(const Op& op);

}  // namespace qconvert
