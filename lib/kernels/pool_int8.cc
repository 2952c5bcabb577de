// Integer pools of our own: channels lie together, a vector of them is folded over the window.
#include <algorithm>

#include "lib/kernels/pool.h"
#include "lib/kernels/pooled_row.h"
#include "lib/kernels/window_places.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/pool_int8.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Writes one pixel of the result from channel c on. Returns where it stopped.
///   D  of int8_t where the image's bytes are signed, of uint8_t where they are flipped
template <class D>
size_t LargestVectors(D d, const PooledRow& row, size_t place, size_t c) {
  using T = hn::TFromD<D>;
  const auto [first, count] = row.places[place];
  const auto min = hn::Set(d, static_cast<T>(row.limits.min ^ row.input_flip));
  const auto max = hn::Set(d, static_cast<T>(row.limits.max ^ row.input_flip));
  const auto flip = hn::Set(d, static_cast<T>(row.input_flip ^ row.output_flip));
  for (; c + hn::Lanes(d) <= row.channels; c += hn::Lanes(d)) {
    auto largest = min;
    for (size_t y = 0; y < row.rows; ++y) {
      const auto* from = reinterpret_cast<const T*>(row.first) + y * row.width * row.channels +
                         first * row.channels + c;
      for (size_t x = 0; x < count; ++x, from += row.channels) {
        largest = hn::Max(largest, hn::LoadU(d, from));
      }
    }
    auto* to = reinterpret_cast<T*>(row.result) + place * row.channels + c;
    hn::StoreU(hn::Xor(hn::Min(largest, max), flip), d, to);
  }
  return c;
}

template <typename T>
void Largest(const PooledRow& row) {
  for (size_t place = 0; place < row.places.size(); ++place) {
    size_t done = LargestVectors(hn::ScalableTag<T>(), row, place, 0);
    done = LargestVectors(hn::CappedTag<T, 16>(), row, place, done);
    LargestVectors(hn::CappedTag<T, 1>(), row, place, done);
  }
}

PoolFunction LargestHere(bool flipped) { return flipped ? Largest<uint8_t> : Largest<int8_t>; }

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {
namespace {

HWY_EXPORT(LargestHere);

/// Returns what the window reads of a row [W], at each place of the result.
std::vector<PooledColumns> ColumnsOf(const Window& window, int64_t filter, int64_t width,
                                     int64_t places) {
  std::vector<PooledColumns> columns;
  for (int64_t x = 0; x < places; ++x) {
    const TapRange taps = TapsInside(x, width, filter, window.stride_w, 1, window.pad_left);
    columns.push_back({static_cast<size_t>(taps.origin + taps.begin),
                       static_cast<size_t>(taps.end - taps.begin)});
  }
  return columns;
}

/// Parts of the work are rows of the result.
class PoolInt8 : public Kernel {
 public:
  PoolInt8(const PrepareContext& context, RowPool function, const Window& window, int64_t filter_h,
           int64_t filter_w)
      : function_(function),
        input_(context.inputs[0]->shape),
        output_(context.outputs[0]->shape),
        filter_h_(filter_h),
        window_(window),
        places_(ColumnsOf(window, filter_w, input_[2], output_[2])),
        limits_(ResultLimits(
            FusedActivation(context.node->op),
            {context.outputs[0]->quant->scale(), context.outputs[0]->quant->zero_point()})),
        input_flip_(static_cast<int8_t>(context.InputFlip(0))),
        output_flip_(static_cast<int8_t>(context.OutputFlip(0))) {}

  std::string_view primitive() const override { return "window:s8"; }
  bool HonoursFlips() const override { return true; }
  size_t scratch_bytes() const override {
    return static_cast<size_t>(input_[2] * input_[3]) * function_.scratch_bytes;
  }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* result = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    buffers.Split(static_cast<int>(output_[0] * output_[1]), [&](int row, std::byte* scratch) {
      RunRow(input + row / output_[1] * input_[1] * input_[2] * input_[3], row % output_[1],
             result + row * output_[2] * output_[3], scratch);
    });
  }

 private:
  void RunRow(const int8_t* image, int64_t y, int8_t* result, std::byte* scratch) const {
    const TapRange rows = TapsInside(y, input_[1], filter_h_, window_.stride_h, 1, window_.pad_top);
    function_.function({image + (rows.origin + rows.begin) * input_[2] * input_[3],
                        static_cast<size_t>(rows.end - rows.begin), places_,
                        static_cast<size_t>(input_[2]), static_cast<size_t>(input_[3]), limits_,
                        input_flip_, output_flip_, result, scratch});
  }

  RowPool function_;
  Shape input_, output_;
  int64_t filter_h_;
  Window window_;
  std::vector<PooledColumns> places_;
  IntegerLimits limits_;
  int8_t input_flip_, output_flip_;
};

template <typename Kind>
std::unique_ptr<Kernel> Prepare(const PrepareContext& context, RowPool function) {
  const Kind& pool = *context.node->As<Kind>();
  constexpr int64_t kMostTaps = 1 << 14;
  if (!IsInt8PerLayer(*context.outputs[0])) return nullptr;
  if (int64_t{pool.filter_h} * pool.filter_w > kMostTaps) return nullptr;
  return std::make_unique<PoolInt8>(context, function, pool.window, pool.filter_h, pool.filter_w);
}

}  // namespace

std::unique_ptr<Kernel> PrepareAveragePool2DInt8(const PrepareContext& context) {
  const AveragePool2D& pool = *context.node->As<AveragePool2D>();
  return Prepare<AveragePool2D>(context, AveragesOf(int64_t{pool.filter_h} * pool.filter_w));
}

std::unique_ptr<Kernel> PrepareMaxPool2DInt8(const PrepareContext& context) {
  return Prepare<MaxPool2D>(context,
                            {HWY_DYNAMIC_DISPATCH(LargestHere)(context.InputFlip(0) != 0), 0});
}

}  // namespace qconvert
#endif  // HWY_ONCE
