// Sums of products of unsigned with signed 8-bit integers for convolutions, four products to an
// instruction (VNNI), in Highway with run-time dispatch; conv_dot.cc stands on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/alignment.h"
#include "lib/kernels/aligned_bytes.h"
#include "lib/kernels/int8_gemm.h"

namespace qconvert {

constexpr size_t kDotProducts = 4;  ///< that one instruction adds up

/// The right operand of a product, [O, K] in panels of 16 outputs: [panels, pieces, steps, 16
/// outputs, 4]. K is cut into pieces of equal length, which lie together in the left operand; a
/// piece's length is rounded up to a multiple of 4, so much of a window is read, times 0 at the
/// end.
struct DotPanels {
  const int8_t* numbers = nullptr;  ///< at the beginning of a line of the cache
  size_t outputs = 0, pieces = 1;
  size_t steps = 0;                                ///< of four products, in a piece
  const int32_t* bias = nullptr;                   ///< of whole panels, instead of ...
  const Requantization* requantization = nullptr;  ///< ... this one's; multipliers of whole panels

  size_t count() const { return CeilDiv(outputs, kPanelColumns); }
  size_t panel_bytes() const { return pieces * steps * kDotProducts * kPanelColumns; }
  const int8_t* panel(size_t i) const { return numbers + i * panel_bytes(); }
};

/// Constant weights packed for the kernel, with their requantization.
class DotWeights {
 public:
  /// Packs weights that lie in the order of their axes.
  ///   requantization  its bias less what the zero point of the inputs, as they lie, adds
  DotWeights(std::span<const int8_t> weights, const PanelShape& shape,
             Requantization requantization);

  DotPanels panels() const {
    return {reinterpret_cast<const int8_t*>(numbers_.data()),
            shape_.outputs,
            shape_.pieces,
            CeilDiv(shape_.length, kDotProducts),
            requantization_.bias.data(),
            &requantization_};
  }

 private:
  PanelShape shape_;
  AlignedBytes numbers_;
  Requantization requantization_;
};

/// The left operand of a product: windows on unsigned bytes.
///   starts    of each window
///   offsets   of a window's pieces from its start, in bytes
///   row_bias  added to the sums of each window; null for none
struct ByteWindows {
  std::span<const uint8_t* const> starts;
  std::span<const size_t> offsets;
  const int32_t* row_bias = nullptr;
};

/// Computes the bytes result[r, o] for every window r and the outputs of the panels [first, last).
///   result  int8 XOR the requantization's flip, `stride` bytes from row to row
///   Sums are modulo 2^32; |sum times multiplier| must stay below 2^31.
using DotFunction = void (*)(const ByteWindows& windows, const DotPanels& weights,
                             size_t first_panel, size_t last_panel, uint8_t* result, size_t stride);

/// Returns the kernel for the vectors of this machine; null where they have less than 512 bits.
/// Only processors with VNNI execute it.
DotFunction DotFunctionHere();

}  // namespace qconvert
