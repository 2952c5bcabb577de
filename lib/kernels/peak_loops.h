// Loops that do one thing as fast as the processor can: multiply without touching memory, or read
// memory without computing. No kernel is faster; evaluation/roofline.cc times them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace qconvert {

/// Returns what multiplies 8-bit integers here, as far as ONEDNN_MAX_CPU_ISA allows: "tdpbusd,
/// 16x64 tiles" (AMX), "vpdpbusd, 512 bits" (VNNI), or the multiply-add of 16-bit integers that our
/// kernels take without these, "pmaddwd, 256 bits".
std::string Int8Instruction();

/// Multiplies and adds with that instruction, for about 12 cycles a turn, from registers only.
/// Returns the number of multiply-adds.
int64_t MultiplyAddInt8(int64_t turns);

/// The same in float32, by fused multiply-adds where there are any. Before AVX2 vectors are of 128
/// bits, so on a processor whose newest is AVX oneDNN may be faster.
int64_t MultiplyAddFloat(int64_t turns);

/// The bytes of which ReadBlocks reads whole multiples.
constexpr size_t kReadBlock = 256;

/// Reads memory by vectors, in its order.
///   memory  whole blocks, aligned to a line of the cache
void ReadBlocks(std::span<const std::byte> memory);

}  // namespace qconvert
