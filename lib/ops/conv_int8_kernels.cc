// Integer convolutions of our own: rows of the input are widened to 16 bits less the zero point, so
// padding is 0 and sums are exact on every machine (int8_gemm.h).
#include <algorithm>
#include <cstring>

#include "lib/ops/conv_kernels.h"
#include "lib/ops/int8_gemm.h"
#include "lib/ops/int8_requantization.h"

namespace qconvert {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 17;  // of widened input: a quarter of a core's L2
constexpr size_t kSlack = 32;                    // elements that a vector load may read past an end

/// A convolution as a matrix product over blocks of output pixels.
class Conv2DInt8 : public Kernel {
 public:
  Conv2DInt8(const PrepareContext& context, const Window& window, PackedWeights weights)
      : window_(window),
        input_(context.inputs[0]->shape),
        output_(context.outputs[0]->shape),
        filter_(context.inputs[1]->shape),
        zero_point_(context.inputs[0]->quant->zero_point()),
        weights_(std::move(weights)) {
    const size_t row_bytes = weights_.padded_depth() * sizeof(int16_t);
    block_rows_ = std::clamp<size_t>(kBlockBytes / row_bytes / 6 * 6, 6, 192);
  }

  std::string_view primitive() const override { return "int16 product"; }
  size_t scratch_bytes() const override {
    return (block_rows_ * weights_.padded_depth() + kSlack) * sizeof(int16_t);
  }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* output = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    auto* block = reinterpret_cast<int16_t*>(buffers.scratch);
    const auto pixels = static_cast<size_t>(output_[0] * output_[1] * output_[2]);
    for (size_t first = 0; first < pixels; first += block_rows_) {
      const size_t rows = std::min(block_rows_, pixels - first);
      FillBlock(input, first, rows, block);
      MultiplyInt8(block, rows, weights_, output + first * weights_.outputs(), weights_.outputs());
    }
  }

 private:
  bool IsPointwise() const {
    return filter_[1] == 1 && filter_[2] == 1 && window_.stride_h == 1 && window_.stride_w == 1 &&
           input_[1] == output_[1] && input_[2] == output_[2];
  }

  void FillBlock(const int8_t* input, size_t first, size_t rows, int16_t* block) const {
    const size_t depth = weights_.depth(), padded = weights_.padded_depth();
    if (IsPointwise() && depth == padded) {
      WidenInt8(input + first * depth, rows * depth, zero_point_, block);
      return;
    }
    for (size_t r = 0; r < rows; ++r) {
      const auto pixel = static_cast<int64_t>(first + r);
      int16_t* row = block + r * padded;
      FillRow(input, pixel / (output_[1] * output_[2]), pixel / output_[2] % output_[1],
              pixel % output_[2], row);
      std::fill(row + depth, row + padded, int16_t{0});
    }
  }

  /// Writes the window of one output pixel, [KH, KW, C].
  void FillRow(const int8_t* input, int64_t n, int64_t y, int64_t x, int16_t* row) const {
    const auto channels = static_cast<size_t>(input_[3]);
    for (int64_t kh = 0; kh < filter_[1]; ++kh) {
      const int64_t in_y = y * window_.stride_h - window_.pad_top + kh * window_.dilation_h;
      for (int64_t kw = 0; kw < filter_[2]; ++kw, row += channels) {
        const int64_t in_x = x * window_.stride_w - window_.pad_left + kw * window_.dilation_w;
        if (in_y < 0 || in_y >= input_[1] || in_x < 0 || in_x >= input_[2]) {
          std::memset(row, 0, channels * sizeof(int16_t));
        } else {
          WidenInt8(input + ((n * input_[1] + in_y) * input_[2] + in_x) * input_[3], channels,
                    zero_point_, row);
        }
      }
    }
  }

  Window window_;
  Shape input_, output_, filter_;
  int32_t zero_point_;
  PackedWeights weights_;
  size_t block_rows_ = 0;
};

/// A depthwise convolution over a ring of widened, padded input rows.
class DepthwiseInt8 : public Kernel {
 public:
  DepthwiseInt8(const PrepareContext& context, const Window& window, Requantization requantization)
      : window_(window),
        input_(context.inputs[0]->shape),
        output_(context.outputs[0]->shape),
        filter_(context.inputs[1]->shape),
        zero_point_(context.inputs[0]->quant->zero_point()),
        requantization_(std::move(requantization)) {
    const auto weights = context.inputs[1]->Values<int8_t>();
    weights_.assign(weights.begin(), weights.end());
    weights_.resize(weights.size() + kSlack, 0);
    const size_t channels = requantization_.bias.size();
    requantization_.bias.resize(channels + kSlack, 0);
    requantization_.multiplier.resize(channels + kSlack, 0);
    const int64_t columns =
        (output_[2] - 1) * window.stride_w + (filter_[2] - 1) * window.dilation_w + 1;
    row_elements_ = static_cast<size_t>(columns * input_[3]);
    ring_rows_ = static_cast<size_t>((filter_[1] - 1) * window.dilation_h + 1);
  }

  std::string_view primitive() const override { return "int16 depthwise"; }
  size_t scratch_bytes() const override {
    return ((ring_rows_ + 1) * row_elements_ + kSlack) * sizeof(int16_t);
  }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* output = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    auto* ring = reinterpret_cast<int16_t*>(buffers.scratch);
    std::memset(ring, 0, scratch_bytes());  // the last row and all borders stay 0
    const auto image = static_cast<size_t>(input_[1] * input_[2] * input_[3]);
    for (int64_t n = 0; n < input_[0]; ++n) {
      RunImage(input + static_cast<size_t>(n) * image, ring,
               output + n * output_[1] * output_[2] * output_[3]);
    }
  }

 private:
  static constexpr size_t kMostTaps = 64;

  void RunImage(const int8_t* image, int16_t* ring, int8_t* output) const {
    int64_t widened = 0;  // input rows below this one are in the ring
    for (int64_t y = 0; y < output_[1]; ++y) {
      const int64_t top = y * window_.stride_h - window_.pad_top;
      const int64_t end = std::min(top + static_cast<int64_t>(ring_rows_), input_[1]);
      for (widened = std::max({widened, top, int64_t{0}}); widened < end; ++widened) {
        WidenRow(image, widened, ring);
      }
      const int16_t* rows[kMostTaps];
      for (int64_t kh = 0; kh < filter_[1]; ++kh) {
        rows[kh] = RowAt(top + kh * window_.dilation_h, ring);
      }
      DepthwiseRowInt8({rows, weights_.data(), static_cast<size_t>(filter_[1]),
                        static_cast<size_t>(filter_[2]), static_cast<size_t>(window_.dilation_w),
                        static_cast<size_t>(window_.stride_w), static_cast<size_t>(input_[3]),
                        static_cast<size_t>(output_[2]), &requantization_,
                        output + y * output_[2] * output_[3]});
    }
  }

  const int16_t* RowAt(int64_t y, const int16_t* ring) const {
    const bool inside = y >= 0 && y < input_[1];
    return ring + (inside ? static_cast<size_t>(y) % ring_rows_ : ring_rows_) * row_elements_;
  }

  void WidenRow(const int8_t* image, int64_t y, int16_t* ring) const {
    const auto border = static_cast<size_t>(window_.pad_left * input_[3]);
    const auto values = static_cast<size_t>(input_[2] * input_[3]);
    if (border >= row_elements_) return;
    WidenInt8(image + y * input_[2] * input_[3], std::min(values, row_elements_ - border),
              zero_point_, ring + static_cast<size_t>(y) % ring_rows_ * row_elements_ + border);
  }

  Window window_;
  Shape input_, output_, filter_;
  int32_t zero_point_;
  Requantization requantization_;
  std::vector<int16_t> weights_;
  size_t row_elements_ = 0, ring_rows_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> PrepareConv2DInt8(const PrepareContext& context) {
  const Conv2D& conv = *context.node->As<Conv2D>();
  const Shape& filter = context.inputs[1]->shape;
  if (!HasConstantInt8Weights(context) || filter[3] != context.inputs[0]->shape[3]) return nullptr;
  const auto depth = static_cast<size_t>(filter[1] * filter[2] * filter[3]);
  return std::make_unique<Conv2DInt8>(
      context, conv.window,
      PackWeights(context, depth, RequantizationOf(context, conv.activation)));
}

std::unique_ptr<Kernel> PrepareDepthwiseConv2DInt8(const PrepareContext& context) {
  const DepthwiseConv2D& conv = *context.node->As<DepthwiseConv2D>();
  const Shape& filter = context.inputs[1]->shape;
  const bool symmetric = context.inputs[1]->quant->zero_points ==
                         std::vector<int32_t>(context.inputs[1]->quant->zero_points.size(), 0);
  if (!HasConstantInt8Weights(context) || !symmetric || filter[1] > 64 ||
      filter[3] != context.inputs[0]->shape[3]) {
    return nullptr;
  }
  return std::make_unique<DepthwiseInt8>(context, conv.window,
                                         RequantizationOf(context, conv.activation));
}

}  // namespace qconvert
