// Integer pools of our own: channels lie together, so that each pixel of a window is a row to be
// folded into the result.
#include <algorithm>

#include "lib/base/vectorize.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/pool_kernels.h"
#include "lib/ops/weighted_sum.h"
#include "lib/ops/window_places.h"

namespace qconvert {
namespace {

QCONVERT_VECTORIZE void FoldLargest(const int8_t* pixel, size_t channels, int8_t* largest) {
  for (size_t c = 0; c < channels; ++c) largest[c] = std::max(largest[c], pixel[c]);
}

QCONVERT_VECTORIZE void Clamp(IntegerLimits limits, size_t channels, int8_t* values) {
  const auto min = static_cast<int8_t>(limits.min), max = static_cast<int8_t>(limits.max);
  for (size_t c = 0; c < channels; ++c) values[c] = std::min(std::max(values[c], min), max);
}

QCONVERT_VECTORIZE void FoldSum(const int8_t* pixel, size_t channels, int32_t* sums) {
  for (size_t c = 0; c < channels; ++c) sums[c] += pixel[c];
}

/// Divides, halves away from zero. The quotient in float32 is never as far off as the distance to
/// the next whole number: sums are below 2^23, quotients up to 128.
QCONVERT_VECTORIZE void Divide(const int32_t* sums, size_t channels, int32_t count,
                               IntegerLimits limits, int8_t* values) {
  const auto divisor = static_cast<float>(count);
  const int32_t half = count / 2;
  for (size_t c = 0; c < channels; ++c) {
    const int32_t rounded = sums[c] > 0 ? sums[c] + half : sums[c] - half;
    const auto mean = static_cast<int32_t>(static_cast<float>(rounded) / divisor);
    values[c] = static_cast<int8_t>(std::min(std::max(mean, limits.min), limits.max));
  }
}

struct Largest {
  static size_t ScratchBytes(size_t) { return 0; }
  static void Pool(const int8_t* image, const Taps& taps, size_t channels, IntegerLimits limits,
                   std::byte*, int8_t* result) {
    std::fill_n(result, channels, int8_t{-128});
    taps.ForEach(
        [&](size_t, size_t pixel) { FoldLargest(image + pixel * channels, channels, result); });
    Clamp(limits, channels, result);
  }
};

struct Average {
  static size_t ScratchBytes(size_t channels) { return channels * sizeof(int32_t); }
  static void Pool(const int8_t* image, const Taps& taps, size_t channels, IntegerLimits limits,
                   std::byte* scratch, int8_t* result) {
    auto* sums = reinterpret_cast<int32_t*>(scratch);
    std::fill_n(sums, channels, 0);
    taps.ForEach([&](size_t, size_t pixel) { FoldSum(image + pixel * channels, channels, sums); });
    Divide(sums, channels, static_cast<int32_t>(taps.count()), limits, result);
  }
};

/// Parts of the work are rows of the result.
template <typename Fold>
class PoolInt8 : public Kernel {
 public:
  PoolInt8(const PrepareContext& context, int64_t filter_h, int64_t filter_w, const Window& window,
           IntegerLimits limits)
      : input_(context.inputs[0]->shape),
        output_(context.outputs[0]->shape),
        filter_h_(filter_h),
        filter_w_(filter_w),
        window_(window),
        limits_(limits) {}

  std::string_view primitive() const override { return "rows:s8"; }
  size_t scratch_bytes() const override {
    return Fold::ScratchBytes(static_cast<size_t>(input_[3]));
  }

  void Run(const Buffers& buffers) const override {
    const auto* image = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* result = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    const auto rows = static_cast<int>(output_[0] * output_[1]);
    buffers.Split(rows, [&](int row, std::byte* scratch) {
      Taps taps;
      taps.filter_w = filter_w_;
      taps.image_w = input_[2];
      taps.first_pixel = row / output_[1] * input_[1] * input_[2];
      taps.rows = TapsInside(row % output_[1], input_[1], filter_h_, window_.stride_h,
                             window_.dilation_h, window_.pad_top);
      const auto channels = static_cast<size_t>(input_[3]);
      int8_t* pixel = result + row * output_[2] * input_[3];
      for (int64_t x = 0; x < output_[2]; ++x, pixel += channels) {
        taps.columns = TapsInside(x, input_[2], filter_w_, window_.stride_w, window_.dilation_w,
                                  window_.pad_left);
        Fold::Pool(image, taps, channels, limits_, scratch, pixel);
      }
    });
  }

 private:
  Shape input_, output_;
  int64_t filter_h_, filter_w_;
  Window window_;
  IntegerLimits limits_;
};

template <typename Fold, typename Kind>
std::unique_ptr<Kernel> Prepare(const PrepareContext& context) {
  const Kind& pool = *context.node->As<Kind>();
  const Tensor& result = *context.outputs[0];
  constexpr int64_t kMostTaps = 65536;
  if (!IsInt8PerLayer(result) || int64_t{pool.filter_h} * pool.filter_w > kMostTaps) return nullptr;
  const IntegerLimits limits =
      ResultLimits(*context.node, {result.quant->scale(), result.quant->zero_point()});
  return std::make_unique<PoolInt8<Fold>>(context, pool.filter_h, pool.filter_w, pool.window,
                                          limits);
}

}  // namespace

std::unique_ptr<Kernel> PrepareAveragePool2DInt8(const PrepareContext& context) {
  return Prepare<Average, AveragePool2D>(context);
}

std::unique_ptr<Kernel> PrepareMaxPool2DInt8(const PrepareContext& context) {
  return Prepare<Largest, MaxPool2D>(context);
}

}  // namespace qconvert
