// What the runner lends to kernels: oneDNN's engine.
#pragma once

namespace qconvert {

/// Returns the process's CPU engine, a const dnnl::engine*. The first call restricts our own
/// kernels to the instructions that oneDNN may use (lib/kernels/instructions.h).
const void* CpuEngine();

}  // namespace qconvert
