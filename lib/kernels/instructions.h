// Which instructions may be used here, as far as ONEDNN_MAX_CPU_ISA (SSE41, AVX2, AVX512_CORE, ...)
// allows: by oneDNN and, once they are restricted, by our own kernels.
#pragma once

#include <string>

namespace qconvert {

/// Keeps our kernels from vector instructions that oneDNN may not use; to be called before the
/// first is prepared.
void RestrictInstructions();

/// Returns whether oneDNN may multiply 8-bit integers exactly (VNNI or AMX); without them its sums
/// of two products saturate at 16 bits.
bool HasExactInt8Dot();

/// Returns whether oneDNN may multiply tiles of 8-bit integers (AMX).
bool HasInt8Tiles();

/// Returns the name of the newest instructions that may be used, such as "avx2" or "avx512_vnni":
/// sums of floats differ between them in their last bits.
std::string InstructionsName();

/// Returns whether oneDNN multiplies bfloat16 in hardware.
bool HasBFloat16();

}  // namespace qconvert
