// Integer sums of products for convolutions and matrix products: 16-bit operands, 32-bit sums, so
// that they are exact on machines whose 8-bit multiply-add saturates. In Highway with run-time
// dispatch; conv_int16.cc and batch_matmul_int8.cc stand on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace qconvert {

/// How sums become int8: result = clamp(round((sum + bias[o]) * multiplier[o] + zero_point)).
struct Requantization {
  std::vector<int32_t> bias;      ///< [O]; the input's zero point is not in it
  std::vector<float> multiplier;  ///< [O], input scale x weight scale / result scale
  int32_t zero_point = 0;         ///< of the result
  int32_t min = -128, max = 127;  ///< with the fused activation
  uint8_t flip = 0;               ///< what the bytes of the result are XORed with
};

constexpr size_t kPanelColumns = 16;  ///< output channels of one panel

/// The right operand of a product, [O, K] in panels of 16 outputs: [panels, K/2, 16 outputs, 2].
/// K is cut into pieces of equal, even length, which lie together in the left operand: the rows of
/// a window.
///   Number  int8 or int16; two products of neighbours must add up to less than 2^31
template <typename Number>
struct Panels {
  const Number* numbers = nullptr;
  size_t outputs = 0, pieces = 1, length = 0;
  const Requantization* requantization = nullptr;  ///< padded to whole panels

  size_t count() const { return (outputs + kPanelColumns - 1) / kPanelColumns; }
  const Number* panel(size_t i) const { return numbers + i * pieces * length * kPanelColumns; }
};

/// Axes of weights, [outputs, pieces, length].
struct PanelShape {
  size_t outputs = 0, pieces = 1, length = 0;
};

/// Weights packed for the kernel, with their requantization.
template <typename Number>
class PackedWeights {
 public:
  /// Packs weights that lie in the order of their axes.
  PackedWeights(std::span<const Number> weights, const PanelShape& shape,
                Requantization requantization);
  /// Makes weights of zeros, for Set.
  PackedWeights(const PanelShape& shape, Requantization requantization);

  /// Sets the weight of an output at place k of the first piece.
  void Set(size_t output, size_t k, Number weight) { *At(output, 0, k) = weight; }

  /// Returns the panels; a piece's length is rounded up: so much of the left operand is read, times
  /// 0 at the end.
  Panels<Number> panels() const {
    return {numbers_.data(), shape_.outputs, shape_.pieces, shape_.length, &requantization_};
  }

 private:
  Number* At(size_t output, size_t piece, size_t k) {
    const size_t row = (output / kPanelColumns * shape_.pieces + piece) * shape_.length + k / 2 * 2;
    return &numbers_[row * kPanelColumns + 2 * (output % kPanelColumns) + k % 2];
  }

  PanelShape shape_;
  std::vector<Number> numbers_;
  Requantization requantization_;
};

/// The left operand of a product: windows on widened input.
///   starts   of each window, int16, the input less its zero point, in [-255, 255]
///   offsets  of a window's pieces from its start, in elements
struct WidenedWindows {
  std::span<const int16_t* const> starts;
  std::span<const size_t> offsets;
};

/// Computes result[r, o] for every window r and the outputs of the panels [first, last).
///   result  int8, `stride` elements from row to row
///   |sum| <= 255 * 127 * K: below 2^31 for K < 66,000; of int16 panels 255 * 255 * K, for K <
///   33,000
void MultiplyInt8(const WidenedWindows& windows, const Panels<int8_t>& weights, size_t first_panel,
                  size_t last_panel, int8_t* result, size_t stride);
void MultiplyInt8(const WidenedWindows& windows, const Panels<int16_t>& right, size_t first_panel,
                  size_t last_panel, int8_t* result, size_t stride);

/// Computes the sums of one panel for every window, without bias, modulo 2^32.
///   sums  int32, [windows, 16]
void SumInt8Panel(const WidenedWindows& windows, const Panels<int16_t>& right, size_t panel,
                  int32_t* sums);

/// Widens `count` integers and takes the zero point off.
void WidenInt8(const int8_t* from, size_t count, int32_t zero_point, int16_t* to);

}  // namespace qconvert
