// Integer depthwise convolutions of our own: padding holds the zero point, which is taken out of
// the bias, and sums are exact on every machine (depthwise_rows.h).
#include <algorithm>
#include <array>
#include <cstring>

#include "lib/base/alignment.h"
#include "lib/kernels/aligned_bytes.h"
#include "lib/kernels/conv.h"
#include "lib/kernels/depthwise_rows.h"
#include "lib/kernels/int8_requantization.h"

namespace qconvert {
namespace {

constexpr size_t kMostGroups = 32;

/// Weights [KH, KW, C] of an output row that begins `below` rows under the first group.
struct FilterRows {
  std::span<const int8_t> weights;
  size_t height, width, below;
};

/// Packs weights for ComputeDepthwiseRows.
template <typename Weight>
AlignedBytes Pack(const FilterRows& filter, size_t padded_channels, size_t group_rows) {
  const size_t groups = CeilDiv(filter.height + filter.below, group_rows), width = filter.width;
  const size_t channels = filter.weights.size() / filter.height / width;
  AlignedBytes packed(groups * width * padded_channels * group_rows * sizeof(Weight));
  auto* to = reinterpret_cast<Weight*>(packed.data());
  for (size_t i = 0; i < filter.weights.size(); ++i) {
    const size_t c = i % channels, x = i / channels % width;
    const size_t y = i / channels / width + filter.below;
    const size_t place = (y / group_rows * width + x) * padded_channels + c;
    to[place * group_rows + y % group_rows] = filter.weights[i];
  }
  return packed;
}

AlignedBytes PackDepthwiseWeights(const FilterRows& filter, size_t padded_channels,
                                  size_t group_rows) {
  return group_rows == kMostGroupedRows ? Pack<int8_t>(filter, padded_channels, group_rows)
                                        : Pack<int16_t>(filter, padded_channels, group_rows);
}

/// A part of the work is a band of output rows of one image. It keeps the groups of rows that it
/// needs in a ring: neighbouring output rows share them.
class DepthwiseInt8 : public Kernel {
 public:
  DepthwiseInt8(const PrepareContext& context, const Window& window, Requantization requantization)
      : window_(window),
        input_(context.inputs[0]->shape),
        output_(context.outputs[0]->shape),
        filter_(context.inputs[1]->shape),
        zero_point_(context.inputs[0]->quant->zero_point()),
        layout_(DepthwiseLayoutHere(context.exact_int8_dot)),
        input_flip_(context.InputFlip(0)),
        channels_(static_cast<size_t>(output_[3])),
        padded_channels_(CeilDiv(channels_, layout_.lanes) * layout_.lanes),
        groups_(CeilDiv(static_cast<size_t>(filter_[1]), layout_.group)),
        requantization_(std::move(requantization)) {
    const auto weights = context.inputs[1]->Values<int8_t>();
    const auto height = static_cast<size_t>(filter_[1]), width = static_cast<size_t>(filter_[2]);
    const bool steps_by_one = window.stride_h == 1 && window.dilation_h == 1;
    if (steps_by_one && CeilDiv(height + 1, layout_.group) == groups_) rows_together_ = 2;
    for (size_t below = 0; below < rows_together_; ++below) {
      weights_[below] =
          PackDepthwiseWeights({weights, height, width, below}, padded_channels_, layout_.group);
    }
    // Inputs are multiplied as they are: what the zero point adds is taken out of the bias.
    for (size_t i = 0; i < weights.size(); ++i) {
      int32_t& bias = requantization_.bias[i % channels_];
      const int32_t added = (zero_point_ + layout_.flip) * weights[i];
      bias = static_cast<int32_t>(static_cast<uint32_t>(bias) - static_cast<uint32_t>(added));
    }
    requantization_.bias.resize(padded_channels_, 0);
    requantization_.multiplier.resize(padded_channels_, 0);
    columns_ = static_cast<size_t>((output_[2] - 1) * window.stride_w +
                                   (filter_[2] - 1) * window.dilation_w + 1);
    ring_slots_ = static_cast<int64_t>(layout_.group * (groups_ - 1)) * window.dilation_h + 1;
    const auto rows = static_cast<size_t>(output_[1]);
    const auto parts = kPartsPerThread * static_cast<size_t>(context.threads);
    band_rows_ = context.threads > 1 ? CeilDiv(rows, std::min(rows, parts)) : rows;
    bands_ = CeilDiv(rows, band_rows_);
  }

  std::string_view primitive() const override {
    return layout_.group == 4 ? "vnni depthwise" : "int16 depthwise";
  }
  bool Reads(size_t input) const override { return input == 0; }
  bool HonoursFlips() const override { return true; }
  size_t scratch_bytes() const override {
    return RingAt() + static_cast<size_t>(ring_slots_) * (RowBytes() + sizeof(int64_t));
  }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* output = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    const auto images = static_cast<size_t>(input_[0]);
    const int64_t image = input_[1] * input_[2] * input_[3];
    buffers.Split(static_cast<int>(images * bands_), [&](int part, std::byte* scratch) {
      const int64_t n = part / static_cast<int64_t>(bands_);
      const auto first = static_cast<int64_t>(static_cast<size_t>(part) % bands_ * band_rows_);
      const int64_t end = std::min(first + static_cast<int64_t>(band_rows_), output_[1]);
      RunBand(input + n * image, first, end, scratch,
              output + n * output_[1] * output_[2] * output_[3]);
    });
  }

 private:
  // Scratch: a row of input that lies outside, an input row for each of a group when channels are
  // repeated, the ring, and which group each of its slots holds.
  size_t InputRowBytes() const {
    return Aligned(static_cast<size_t>(input_[2]) * channels_ + kCacheLine);
  }
  size_t RowBytes() const {
    return Aligned(columns_ * padded_channels_ * layout_.group + kCacheLine);
  }
  size_t RingAt() const { return (1 + layout_.group) * InputRowBytes(); }

  struct Ring {
    std::byte* rows;
    int64_t* tops;  // of the group in each slot
    int8_t* outside;
    int8_t* repeated;
  };

  void RunBand(const int8_t* image, int64_t first, int64_t end, std::byte* scratch,
               int8_t* output) const {
    const auto slots = static_cast<size_t>(ring_slots_);
    const Ring ring{
        scratch + RingAt(), reinterpret_cast<int64_t*>(scratch + RingAt() + slots * RowBytes()),
        reinterpret_cast<int8_t*>(scratch), reinterpret_cast<int8_t*>(scratch + InputRowBytes())};
    std::memset(ring.outside, zero_point_ ^ input_flip_, InputRowBytes());
    std::memset(ring.rows, zero_point_ ^ layout_.flip, slots * RowBytes());  // borders stay so
    std::fill_n(ring.tops, slots, INT64_MIN);
    for (int64_t y = first; y < end; y += static_cast<int64_t>(rows_together_)) {
      const int8_t* rows[kMostGroups];
      for (size_t group = 0; group < groups_; ++group) {
        const auto below = static_cast<int64_t>(layout_.group * group) * window_.dilation_h;
        rows[group] = GroupAt(image, y * window_.stride_h - window_.pad_top + below, ring);
      }
      int8_t* result = output + y * output_[2] * output_[3];
      const bool second = rows_together_ == 2 && y + 1 < end;
      ComputeDepthwiseRows({rows,
                            {weights_[0].data(), weights_[1].data()},
                            groups_,
                            static_cast<size_t>(filter_[2]),
                            static_cast<size_t>(window_.dilation_w),
                            static_cast<size_t>(window_.stride_w),
                            channels_,
                            padded_channels_,
                            static_cast<size_t>(output_[2]),
                            &requantization_,
                            {result, second ? result + output_[2] * output_[3] : nullptr}},
                           layout_.group);
    }
  }

  /// Returns the group of the input row `top` and those a dilation below each other.
  const int8_t* GroupAt(const int8_t* image, int64_t top, const Ring& ring) const {
    const auto slot = static_cast<size_t>((top % ring_slots_ + ring_slots_) % ring_slots_);
    auto* row = reinterpret_cast<int8_t*>(ring.rows + slot * RowBytes());
    if (ring.tops[slot] == top) return row;
    ring.tops[slot] = top;
    const size_t border = std::min(static_cast<size_t>(window_.pad_left), columns_);
    RowGroup group{{},
                   std::min(static_cast<size_t>(input_[2]), columns_ - border),
                   channels_,
                   padded_channels_,
                   static_cast<uint8_t>(layout_.flip ^ input_flip_),
                   row + border * padded_channels_ * layout_.group};
    for (size_t i = 0; i < layout_.group; ++i) {
      group.rows[i] = InputRow(image, top + static_cast<int64_t>(i) * window_.dilation_h,
                               ring.outside, ring.repeated + i * InputRowBytes());
    }
    InterleaveRows(group, layout_.group);
    return row;
  }

  /// Returns input row y with every channel repeated as often as the multiplier says.
  const int8_t* InputRow(const int8_t* image, int64_t y, const int8_t* outside,
                         int8_t* repeated) const {
    if (y < 0 || y >= input_[1]) return outside;
    const int8_t* row = image + y * input_[2] * input_[3];
    const size_t multiplier = channels_ / static_cast<size_t>(input_[3]);
    if (multiplier == 1) return row;
    for (size_t i = 0; i < static_cast<size_t>(input_[2]) * channels_; ++i) {
      repeated[i] = row[i / multiplier];
    }
    return repeated;
  }

  Window window_;
  Shape input_, output_, filter_;
  int32_t zero_point_;
  DepthwiseLayout layout_;
  uint8_t input_flip_;
  size_t channels_, padded_channels_, groups_;
  Requantization requantization_;
  std::array<AlignedBytes, kMostRowsTogether> weights_;  // of rows computed together
  size_t rows_together_ = 1;
  size_t columns_ = 0;  // of a padded row
  int64_t ring_slots_ = 0;
  size_t band_rows_ = 1, bands_ = 1;
};

}  // namespace

std::unique_ptr<Kernel> PrepareDepthwiseConv2DInt8(const PrepareContext& context) {
  const DepthwiseConv2D& conv = *context.node->As<DepthwiseConv2D>();
  const bool small = context.inputs[1]->shape[1] <= static_cast<int64_t>(2 * kMostGroups);
  if (!HasConstantInt8Weights(context) || !small) return nullptr;
  if (context.inputs[0]->elements() == 0 || context.outputs[0]->elements() == 0) return nullptr;
  Requantization requantization = RequantizationOf(context, conv.activation);
  const int64_t products = context.inputs[1]->shape[1] * context.inputs[1]->shape[2];
  if (context.exact_int8_dot && !FitsSteps(requantization, products)) return nullptr;
  return std::make_unique<DepthwiseInt8>(context, conv.window, std::move(requantization));
}

}  // namespace qconvert
