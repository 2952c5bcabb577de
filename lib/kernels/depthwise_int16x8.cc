// Depthwise convolution of int16 activations with int8 weights, row by row. Sums are exact, so
// results equal the reference kernels'.
#include <utility>

#include "lib/base/vectorize.h"
#include "lib/kernels/conv.h"
#include "lib/kernels/int16_requantization.h"
#include "lib/kernels/window_places.h"

namespace qconvert {
namespace {

constexpr int64_t kMostTaps = 511;  // products, each at most 2^22 large, that an int32 can add up

QCONVERT_VECTORIZE void AddProducts(const int16_t* values, const int16_t* weights, size_t count,
                                    int32_t* sums) {
  for (size_t i = 0; i < count; ++i) sums[i] += values[i] * weights[i];
}

class DepthwiseInt16 : public Kernel {
 public:
  DepthwiseInt16(const PrepareContext& context, const DepthwiseConv2D& conv)
      : window_(conv.window),
        input_(context.inputs[0]->shape),
        filter_(context.inputs[1]->shape),
        output_(context.outputs[0]->shape),
        channels_(static_cast<size_t>(input_[3])),
        requantize_(context, conv.activation) {
    const auto weights = context.inputs[1]->Values<int8_t>();
    weights_.assign(weights.begin(), weights.end());
  }

  std::string_view primitive() const override { return "int16x8 depthwise"; }
  bool Reads(size_t input) const override { return input == 0; }
  size_t scratch_bytes() const override { return channels_ * sizeof(int32_t); }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const int16_t*>(buffers.inputs[0]);
    auto* output = reinterpret_cast<int16_t*>(buffers.outputs[0]);
    const size_t row = static_cast<size_t>(output_[2]) * channels_;
    buffers.Split(static_cast<int>(output_[0] * output_[1]), [&](int part, std::byte* scratch) {
      RunRow(input, part, reinterpret_cast<int32_t*>(scratch),
             output + static_cast<size_t>(part) * row);
    });
  }

 private:
  void RunRow(const int16_t* input, int64_t row, int32_t* sums, int16_t* output) const {
    Taps taps;
    taps.filter_w = filter_[2];
    taps.image_w = input_[2];
    taps.first_pixel = row / output_[1] * input_[1] * input_[2];
    taps.rows = TapsInside(row % output_[1], input_[1], filter_[1], window_.stride_h,
                           window_.dilation_h, window_.pad_top);
    for (int64_t x = 0; x < output_[2]; ++x, output += channels_) {
      taps.columns = TapsInside(x, input_[2], filter_[2], window_.stride_w, window_.dilation_w,
                                window_.pad_left);
      std::fill_n(sums, channels_, 0);
      taps.ForEach([&](size_t tap, size_t pixel) {
        AddProducts(input + pixel * channels_, &weights_[tap * channels_], channels_, sums);
      });
      for (size_t c = 0; c < channels_; ++c) output[c] = requantize_(sums[c], c);
    }
  }

  Window window_;
  Shape input_, filter_, output_;
  size_t channels_;
  Int16Requantization requantize_;
  std::vector<int16_t> weights_;  // [KH,KW,C]
};

}  // namespace

std::unique_ptr<Kernel> PrepareDepthwiseConv2DInt16(const PrepareContext& context) {
  if (!HasConstantWeightsBesideInt16(context)) return nullptr;
  const Shape& filter = context.inputs[1]->shape;
  const bool repeats = filter[3] != context.inputs[0]->shape[3];
  if (repeats || filter[1] * filter[2] > kMostTaps) return nullptr;
  return std::make_unique<DepthwiseInt16>(context, *context.node->As<DepthwiseConv2D>());
}

}  // namespace qconvert
