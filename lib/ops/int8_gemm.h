// Integer matrix product for convolutions and fully connected layers: 16-bit operands, 32-bit sums,
// so that it is exact on machines whose 8-bit multiply-add saturates. In Highway with run-time
// dispatch; conv_int8_kernels.cc and matmul_int8_kernels.cc stand on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace qconvert {

/// How sums become int8: result = clamp(round((sum + bias[o]) * multiplier[o]) + zero_point).
struct Requantization {
  std::vector<int32_t> bias;      ///< [O]; the input's zero point is not in it
  std::vector<float> multiplier;  ///< [O], input scale x weight scale / result scale
  int32_t zero_point = 0;         ///< of the result
  int32_t min = -128, max = 127;  ///< with the fused activation
};

/// Weights [O, K] packed for the kernel, with their requantization.
class PackedWeights {
 public:
  static constexpr size_t kColumns = 16;  ///< output channels of one panel

  /// Packs int8 weights [O, K], less `zero_points` (one, or one per output).
  PackedWeights(std::span<const int8_t> weights, size_t outputs, size_t depth,
                std::span<const int32_t> zero_points, Requantization requantization);

  size_t outputs() const { return outputs_; }
  size_t depth() const { return depth_; }
  /// Returns K rounded up: rows of the left operand are this long, zero at the end.
  size_t padded_depth() const { return padded_depth_; }
  const int16_t* panel(size_t i) const { return &panels_[i * padded_depth_ * kColumns]; }
  size_t panels() const { return (outputs_ + kColumns - 1) / kColumns; }
  const Requantization& requantization() const { return requantization_; }

 private:
  size_t outputs_, depth_, padded_depth_;
  std::vector<int16_t> panels_;    // [panels, K/2, 16 outputs, 2]
  Requantization requantization_;  // padded to whole panels
};

/// Computes result[r, o] for `rows` rows.
///   left    int16 [rows, padded_depth], input less its zero point, in [-255, 255]
///   result  int8, `stride` elements from row to row
///   |sum| <= 255 * 127 * K: below 2^31 for K < 66,000
void MultiplyInt8(const int16_t* left, size_t rows, const PackedWeights& weights, int8_t* result,
                  size_t stride);

/// Widens `count` integers and takes the zero point off.
void WidenInt8(const int8_t* from, size_t count, int32_t zero_point, int16_t* to);

/// One output row of a depthwise convolution.
///   rows         KH pointers to int16 rows [padded width, C], zero point taken off
///   weights      int16 [KH, KW, C]
///   result       int8 [output width, C]
struct DepthwiseRow {
  const int16_t* const* rows;
  const int16_t* weights;
  size_t taps_h, taps_w, dilation_w, stride_w, channels, output_width;
  const Requantization* requantization;
  int8_t* result;
};
void DepthwiseRowInt8(const DepthwiseRow& row);

}  // namespace qconvert
