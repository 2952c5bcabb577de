// Which instructions our own kernels may use; the runner says so before it prepares the first.
#pragma once

namespace qconvert {

/// Keeps our kernels from vector instructions that are not allowed, whatever the processor has.
void RestrictInstructions(bool avx2, bool avx512);

}  // namespace qconvert
