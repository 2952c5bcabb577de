// What the runner lends to kernels: oneDNN's engine, and facts about the machine.
#pragma once

namespace qconvert {

/// Returns the process's CPU engine, a const dnnl::engine*. The first call restricts our own
/// kernels to the instructions that oneDNN may use (ONEDNN_MAX_CPU_ISA: SSE41, AVX2, AVX512_CORE,
/// ...).
const void* CpuEngine();

/// Returns whether oneDNN may multiply 8-bit integers exactly here (VNNI or AMX, as far as
/// ONEDNN_MAX_CPU_ISA allows them); without them its sums of two products saturate at 16 bits.
bool HasExactInt8Dot();

/// Returns whether oneDNN multiplies bfloat16 here in hardware.
bool HasBFloat16();

}  // namespace qconvert
