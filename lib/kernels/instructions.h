// Which instructions our own kernels may use; settled before the first is prepared.
#pragma once

namespace qconvert {

/// Keeps our kernels from vector instructions that oneDNN may not use (ONEDNN_MAX_CPU_ISA).
void RestrictInstructions();

}  // namespace qconvert
