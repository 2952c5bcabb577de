// Loops that the compiler turns into vector code, for more than the oldest CPU we run on.
#pragma once

/// Compiles a function for AVX2 too; which one runs is settled when the program is loaded. Both add
/// in the same order and round each step (no fused multiply-add), so results do not differ.
#if defined(__x86_64__) && !defined(__clang__)  // clang 14 emits no resolver
#define QCONVERT_VECTORIZE __attribute__((target_clones("avx2", "default")))
#else
#define QCONVERT_VECTORIZE
#endif
