// Dense convolution of integers as products of windows with packed weights (int8_gemm.h,
// dot_gemm.h), band by band: what conv_int16.cc, conv_int16x8.cc and conv_dot.cc share.
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/base/alignment.h"
#include "lib/kernels/conv.h"
#include "lib/kernels/int8_gemm.h"
#include "lib/kernels/widened_rows.h"

namespace qconvert {

/// Returns a 1x1 convolution as one over a single column of pixels, [1,N*H*W,1,C]; its windows
/// are pixels, so rows of the picture have no meaning. Returns other shapes as they are.
inline ConvolutionShape Flattened(ConvolutionShape shape) {
  const Window& window = shape.window;
  const Shape &in = shape.input, &out = shape.output;
  const bool pointwise = shape.filter[1] == 1 && shape.filter[2] == 1 && window.stride_h == 1 &&
                         window.stride_w == 1 && in[1] == out[1] && in[2] == out[2];
  if (!pointwise) return shape;
  const int64_t pixels = in[0] * in[1] * in[2];
  return {{1, pixels, 1, in[3]}, shape.filter, {1, pixels, 1, out[3]}, {}};
}

/// The pieces of a window: its rows where their pixels lie next to each other in memory, else its
/// pixels. `outputs` is those of one of the `groups` of channels.
struct WindowPieces {
  size_t groups = 1, outputs = 0, pieces = 1, length = 0;

  explicit WindowPieces(const ConvolutionShape& shape)
      : groups(static_cast<size_t>(shape.input[3] / shape.filter[3])),
        outputs(static_cast<size_t>(shape.filter[0]) / groups) {
    const Shape& filter = shape.filter;
    const bool whole_rows = shape.window.dilation_w == 1 && filter[3] == shape.input[3];
    pieces = static_cast<size_t>(whole_rows ? filter[1] : filter[1] * filter[2]);
    length = static_cast<size_t>(whole_rows ? filter[2] * filter[3] : filter[3]);
  }
};

/// The work is cut into bands of output rows and slices of output channels. A part of it widens
/// the input rows of its band, padded, and multiplies the windows on them. Where there is nothing
/// to widen or to pad, windows are on the input itself.
///   Products  what multiplies: Element (of input and result), Wide (of windows), kPrimitive,
///   kSlack
///             (elements that it may read past a window's end), kHonoursFlips,
///             Place(offsets of a window's pieces), panels() of a group and
///             Multiply(group, starts, first panel, last panel, result, stride)
template <typename Products>
class BandedConvolution : public Kernel {
  using Element = typename Products::Element;
  using Wide = typename Products::Wide;

 public:
  BandedConvolution(const ConvolutionShape& shape, int32_t zero_point, Products products,
                    int threads)
      : shape_(shape),
        products_(std::move(products)),
        rows_(shape.input, shape.window.pad_left,
              (shape.output[2] - 1) * shape.window.stride_w +
                  (shape.filter[2] - 1) * shape.window.dilation_w + 1,
              zero_point),
        in_place_(std::is_same_v<Element, Wide> && !ReadsPadding(shape.window)),
        row_elements_(in_place_ ? static_cast<size_t>(shape.input[2] * shape.input[3])
                                : rows_.elements()) {
    const Window& window = shape.window;
    const WindowPieces pieces(shape);
    const auto channels = static_cast<size_t>(shape.input[3]);
    const size_t width = pieces.pieces / static_cast<size_t>(shape.filter[1]);
    std::vector<size_t> offsets;
    for (size_t piece = 0; piece < pieces.pieces; ++piece) {
      offsets.push_back(piece / width * static_cast<size_t>(window.dilation_h) * row_elements_ +
                        piece % width * static_cast<size_t>(window.dilation_w) * channels);
    }
    products_.Place(std::move(offsets));
    Cut(threads);
  }

  std::string_view primitive() const override { return Products::kPrimitive; }
  bool Reads(size_t input) const override { return input == 0; }
  bool HonoursFlips() const override { return Products::kHonoursFlips; }
  size_t scratch_bytes() const override { return StartsAt() + BandPixels() * sizeof(Wide*); }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const Element*>(buffers.inputs[0]);
    auto* output = reinterpret_cast<Element*>(buffers.outputs[0]);
    const auto images = static_cast<size_t>(shape_.input[0]);
    buffers.Split(static_cast<int>(images * bands_ * slices_), [&](int part, std::byte* scratch) {
      const auto index = static_cast<size_t>(part);
      RunPart(input, {index / slices_ / bands_, index / slices_ % bands_, index % slices_}, scratch,
              output);
    });
  }

 private:
  static constexpr size_t kBandBytes = size_t{3} << 16;  // what a core's L2 holds easily

  struct Part {
    size_t image, band, slice;
  };

  void Cut(int threads) {
    const auto rows = static_cast<size_t>(shape_.output[1]);
    const size_t bytes_per_row =
        static_cast<size_t>(shape_.window.stride_h) * row_elements_ * sizeof(Wide);
    band_rows_ = std::clamp<size_t>(kBandBytes / bytes_per_row, 1, rows);
    if (threads > 1) {
      const auto parts = kPartsPerThread * static_cast<size_t>(threads);
      const auto input_bytes = static_cast<size_t>(NumElements(shape_.input));
      const auto weight_bytes = static_cast<size_t>(NumElements(shape_.filter));
      if (weight_bytes > input_bytes) {
        slices_ = std::min(parts, products_.panels());
      } else {
        band_rows_ = std::min(band_rows_, CeilDiv(rows, parts));
      }
    }
    bands_ = CeilDiv(rows, band_rows_);
  }

  /// Returns how many input rows the windows of `rows` output rows reach.
  size_t InputRows(size_t rows) const {
    return (rows - 1) * static_cast<size_t>(shape_.window.stride_h) +
           static_cast<size_t>((shape_.filter[1] - 1) * shape_.window.dilation_h) + 1;
  }
  size_t BandPixels() const { return band_rows_ * static_cast<size_t>(shape_.output[2]); }
  /// Returns where, behind the widened rows, the starts of windows lie in scratch.
  size_t StartsAt() const {
    if (in_place_) return 0;
    return Aligned((InputRows(band_rows_) * row_elements_ + Products::kSlack) * sizeof(Wide));
  }

  /// Returns the input rows of a band: of the image, or widened into scratch memory.
  const Wide* BandRows(const Element* image, int64_t top, size_t rows, std::byte* scratch) const {
    if constexpr (std::is_same_v<Element, Wide>) {
      if (in_place_) return image + static_cast<size_t>(top) * row_elements_;
    }
    auto* widened = reinterpret_cast<Wide*>(scratch);
    rows_.Widen(image, top, InputRows(rows), widened);
    return widened;
  }

  void RunPart(const Element* input, Part part, std::byte* scratch, Element* output) const {
    const auto all_rows = static_cast<size_t>(shape_.output[1]);
    const auto columns = static_cast<size_t>(shape_.output[2]);
    const size_t first = part.band * band_rows_, rows = std::min(band_rows_, all_rows - first);
    const Wide* band =
        BandRows(input + part.image * static_cast<size_t>(NumElements(shape_.input)) /
                             static_cast<size_t>(shape_.input[0]),
                 static_cast<int64_t>(first) * shape_.window.stride_h - shape_.window.pad_top, rows,
                 scratch);
    auto* starts = reinterpret_cast<const Wide**>(scratch + StartsAt());
    for (size_t y = 0; y < rows; ++y) {
      const Wide* row = band + y * static_cast<size_t>(shape_.window.stride_h) * row_elements_;
      for (size_t x = 0; x < columns; ++x) {
        starts[y * columns + x] =
            row + x * static_cast<size_t>(shape_.window.stride_w * shape_.input[3]);
      }
    }
    const auto outputs = static_cast<size_t>(shape_.output[3]);
    Element* result = output + (part.image * all_rows + first) * columns * outputs;
    const WindowPieces pieces(shape_);
    for (size_t group = 0; group < pieces.groups; ++group) {
      products_.Multiply(group, {starts, rows * columns}, part.slice * products_.panels() / slices_,
                         (part.slice + 1) * products_.panels() / slices_, result, outputs);
      // The next group of channels.
      result += pieces.outputs;
      for (size_t i = 0; i < rows * columns; ++i) starts[i] += shape_.filter[3];
    }
  }

  ConvolutionShape shape_;
  Products products_;
  WidenedRows rows_;
  bool in_place_;
  size_t row_elements_;
  size_t band_rows_ = 1, bands_ = 1, slices_ = 1;
};

}  // namespace qconvert
