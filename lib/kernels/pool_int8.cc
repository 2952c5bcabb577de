// Integer pools of our own: channels lie together, a vector of them is folded over the window.
#include <algorithm>

#include "lib/kernels/layer_params.h"
#include "lib/kernels/pool.h"
#include "lib/kernels/window_places.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/pool_int8.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

#ifndef QCONVERT_POOLED_PIXEL  // this file includes itself, once for each target
#define QCONVERT_POOLED_PIXEL
namespace qconvert {
namespace {

// One pixel of the result: the part of the window that lies inside the image.
struct PooledPixel {
  const int8_t* first;
  size_t rows, columns;              // of the part
  size_t row_stride, column_stride;  // in elements
  size_t channels;
  IntegerLimits limits;
  int8_t input_flip, output_flip;
  int8_t* result;
};

using PoolFunction = void (*)(const PooledPixel&);

}  // namespace
}  // namespace qconvert
#endif

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls visit(channel) for the first channel of each vector of D; returns where it stopped.
template <class D, class Visit>
HWY_INLINE size_t ForEachVector(D d, const PooledPixel& pixel, size_t c, const Visit& visit) {
  for (; c + hn::Lanes(d) <= pixel.channels; c += hn::Lanes(d)) visit(c);
  return c;
}

template <class D>
size_t LargestVectors(D d, const PooledPixel& pixel, size_t c) {
  const auto min = hn::Set(d, static_cast<int8_t>(pixel.limits.min));
  const auto max = hn::Set(d, static_cast<int8_t>(pixel.limits.max));
  const auto input_flip = hn::Set(d, pixel.input_flip);
  const auto output_flip = hn::Set(d, pixel.output_flip);
  return ForEachVector(d, pixel, c, [&](size_t channel) HWY_ATTR {
    auto largest = min;
    for (size_t y = 0; y < pixel.rows; ++y) {
      const int8_t* from = pixel.first + y * pixel.row_stride + channel;
      for (size_t x = 0; x < pixel.columns; ++x, from += pixel.column_stride) {
        largest = hn::Max(largest, hn::Xor(hn::LoadU(d, from), input_flip));
      }
    }
    hn::StoreU(hn::Xor(hn::Min(largest, max), output_flip), d, pixel.result + channel);
  });
}

void Largest(const PooledPixel& pixel) {
  const size_t done = LargestVectors(hn::ScalableTag<int8_t>(), pixel, 0);
  LargestVectors(hn::CappedTag<int8_t, 1>(), pixel, done);
}

/// Turns sums into means, halves away from zero. Half a unit more keeps the product in float32 on
/// the right side of a whole number, which sums miss by a unit: 1 / count is 2^-14 at the least,
/// the rounding of a product below 128 is 2^-17.
template <class D>
class Averager {
 public:
  explicit Averager(const PooledPixel& pixel)
      : count_(static_cast<int32_t>(pixel.rows * pixel.columns)), pixel_(pixel) {}

  HWY_INLINE void Store(hn::Vec<D> sums, int8_t* to) const {
    const D d;
    const hn::RebindToFloat<D> df;
    const hn::Rebind<int8_t, D> d8;
    const auto real = hn::ConvertTo(df, sums);
    const auto half = hn::Set(df, static_cast<float>(count_ / 2) + 0.5F);
    const auto away = hn::Add(real, hn::CopySign(half, real));
    const auto mean =
        hn::ConvertTo(d, hn::Mul(away, hn::Set(df, 1.0F / static_cast<float>(count_))));
    const auto min = hn::Set(d, pixel_.limits.min), max = hn::Set(d, pixel_.limits.max);
    const auto bytes = hn::DemoteTo(d8, hn::Min(hn::Max(mean, min), max));
    hn::StoreU(hn::Xor(bytes, hn::Set(d8, pixel_.output_flip)), d8, to);
  }

 private:
  int32_t count_;
  const PooledPixel& pixel_;
};

/// Adds the window up in lanes of D.
template <class D>
HWY_INLINE hn::Vec<D> SumWindow(D d, const PooledPixel& pixel, size_t channel) {
  const hn::Rebind<int8_t, D> d8;
  const auto flip = hn::Set(d8, pixel.input_flip);
  auto sum = hn::Zero(d);
  for (size_t y = 0; y < pixel.rows; ++y) {
    const int8_t* from = pixel.first + y * pixel.row_stride + channel;
    for (size_t x = 0; x < pixel.columns; ++x, from += pixel.column_stride) {
      sum = hn::Add(sum, hn::PromoteTo(d, hn::Xor(hn::LoadU(d8, from), flip)));
    }
  }
  return sum;
}

template <class D>
size_t AverageVectors(D d, const PooledPixel& pixel, size_t c) {
  const Averager<D> averager(pixel);
  return ForEachVector(d, pixel, c, [&](size_t channel) HWY_ATTR {
    averager.Store(SumWindow(d, pixel, channel), pixel.result + channel);
  });
}

/// In lanes of 16 bits, while 255 terms of 128 fit.
size_t AverageNarrowVectors(const PooledPixel& pixel) {
  const hn::ScalableTag<int32_t> d32;
  const hn::RepartitionToNarrow<decltype(d32)> d16;
  const hn::Half<decltype(d16)> half;
  const Averager<decltype(d32)> averager(pixel);
  if (pixel.rows * pixel.columns > 255) return 0;
  return ForEachVector(d16, pixel, 0, [&](size_t channel) HWY_ATTR {
    const auto sum = SumWindow(d16, pixel, channel);
    int8_t* to = pixel.result + channel;
    averager.Store(hn::PromoteTo(d32, hn::LowerHalf(half, sum)), to);
    averager.Store(hn::PromoteTo(d32, hn::UpperHalf(half, sum)), to + hn::Lanes(d32));
  });
}

void Average(const PooledPixel& pixel) {
  size_t done = AverageNarrowVectors(pixel);
  done = AverageVectors(hn::ScalableTag<int32_t>(), pixel, done);
  AverageVectors(hn::CappedTag<int32_t, 1>(), pixel, done);
}

PoolFunction LargestHere() { return Largest; }
PoolFunction AverageHere() { return Average; }

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {
namespace {

HWY_EXPORT(LargestHere);
HWY_EXPORT(AverageHere);

/// Parts of the work are rows of the result.
class PoolInt8 : public Kernel {
 public:
  PoolInt8(const PrepareContext& context, PoolFunction function, const Window& window,
           int64_t filter_h, int64_t filter_w)
      : function_(function),
        input_(context.inputs[0]->shape),
        output_(context.outputs[0]->shape),
        filter_h_(filter_h),
        filter_w_(filter_w),
        window_(window),
        limits_(ResultLimits(
            FusedActivation(context.node->op),
            {context.outputs[0]->quant->scale(), context.outputs[0]->quant->zero_point()})),
        input_flip_(static_cast<int8_t>(context.InputFlip(0))),
        output_flip_(static_cast<int8_t>(context.OutputFlip(0))) {}

  std::string_view primitive() const override { return "window:s8"; }
  bool HonoursFlips() const override { return true; }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* result = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    buffers.Split(static_cast<int>(output_[0] * output_[1]), [&](int row, std::byte*) {
      RunRow(input + row / output_[1] * input_[1] * input_[2] * input_[3], row % output_[1],
             result + row * output_[2] * output_[3]);
    });
  }

 private:
  void RunRow(const int8_t* image, int64_t y, int8_t* result) const {
    const TapRange rows =
        TapsInside(y, input_[1], filter_h_, window_.stride_h, window_.dilation_h, window_.pad_top);
    for (int64_t x = 0; x < output_[2]; ++x, result += output_[3]) {
      const TapRange columns = TapsInside(x, input_[2], filter_w_, window_.stride_w,
                                          window_.dilation_w, window_.pad_left);
      const int64_t top = rows.origin + rows.begin * rows.dilation;
      const int64_t left = columns.origin + columns.begin * columns.dilation;
      function_({image + (top * input_[2] + left) * input_[3],
                 static_cast<size_t>(rows.end - rows.begin),
                 static_cast<size_t>(columns.end - columns.begin),
                 static_cast<size_t>(rows.dilation * input_[2] * input_[3]),
                 static_cast<size_t>(columns.dilation * input_[3]), static_cast<size_t>(input_[3]),
                 limits_, input_flip_, output_flip_, result});
    }
  }

  PoolFunction function_;
  Shape input_, output_;
  int64_t filter_h_, filter_w_;
  Window window_;
  IntegerLimits limits_;
  int8_t input_flip_, output_flip_;
};

template <typename Kind>
std::unique_ptr<Kernel> Prepare(const PrepareContext& context, PoolFunction function) {
  const Kind& pool = *context.node->As<Kind>();
  constexpr int64_t kMostTaps = 1 << 14;
  if (!IsInt8PerLayer(*context.outputs[0])) return nullptr;
  if (int64_t{pool.filter_h} * pool.filter_w > kMostTaps) return nullptr;
  return std::make_unique<PoolInt8>(context, function, pool.window, pool.filter_h, pool.filter_w);
}

}  // namespace

std::unique_ptr<Kernel> PrepareAveragePool2DInt8(const PrepareContext& context) {
  return Prepare<AveragePool2D>(context, HWY_DYNAMIC_DISPATCH(AverageHere)());
}

std::unique_ptr<Kernel> PrepareMaxPool2DInt8(const PrepareContext& context) {
  return Prepare<MaxPool2D>(context, HWY_DYNAMIC_DISPATCH(LargestHere)());
}

}  // namespace qconvert
#endif  // HWY_ONCE
