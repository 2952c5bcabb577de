// Dense integer convolution as products of windows with packed weights (int8_gemm.h).
#include <algorithm>
#include <utility>

#include "lib/base/alignment.h"
#include "lib/kernels/conv.h"
#include "lib/kernels/int8_gemm.h"
#include "lib/kernels/int8_requantization.h"
#include "lib/kernels/widened_rows.h"

namespace qconvert {
namespace {

constexpr size_t kBandBytes = size_t{3} << 16;  // of widened input: what a core's L2 holds easily
constexpr size_t kSlack = 32;                   // elements that may be read past a window's end

/// Returns a 1x1 convolution as one over a single column of pixels, [1,N*H*W,1,C]; its windows
/// are pixels, so rows of the picture have no meaning. Returns other shapes as they are.
ConvolutionShape Flattened(ConvolutionShape shape) {
  const Window& window = shape.window;
  const Shape &in = shape.input, &out = shape.output;
  const bool pointwise = shape.filter[1] == 1 && shape.filter[2] == 1 && window.stride_h == 1 &&
                         window.stride_w == 1 && in[1] == out[1] && in[2] == out[2];
  if (!pointwise) return shape;
  const int64_t pixels = in[0] * in[1] * in[2];
  return {{1, pixels, 1, in[3]}, shape.filter, {1, pixels, 1, out[3]}, {}};
}

/// Returns whether the pixels of a window's row lie next to each other in memory: the row is then
/// one piece to multiply. Otherwise each pixel is a piece.
bool HasWholeRows(const ConvolutionShape& shape) {
  return shape.window.dilation_w == 1 && shape.filter[3] == shape.input[3];
}

/// The work is cut into bands of output rows and slices of output channels. A part of it widens
/// the input rows of its band, padded, and multiplies the windows on them.
class Int8Convolution : public Kernel {
 public:
  /// weights  of each group of channels
  Int8Convolution(const ConvolutionShape& shape, int32_t zero_point,
                  std::vector<PackedWeights<int8_t>> weights, int threads)
      : shape_(shape),
        weights_(std::move(weights)),
        rows_(shape.input, shape.window.pad_left,
              (shape.output[2] - 1) * shape.window.stride_w +
                  (shape.filter[2] - 1) * shape.window.dilation_w + 1,
              zero_point) {
    const Window& window = shape.window;
    const auto channels = static_cast<size_t>(shape.input[3]);
    for (size_t piece = 0; piece < weights_.front().panels().pieces; ++piece) {
      const auto width = HasWholeRows(shape) ? size_t{1} : static_cast<size_t>(shape.filter[2]);
      offsets_.push_back(piece / width * static_cast<size_t>(window.dilation_h) * rows_.elements() +
                         piece % width * static_cast<size_t>(window.dilation_w) * channels);
    }
    Cut(threads);
  }

  std::string_view primitive() const override { return "int16 product"; }
  bool Reads(size_t input) const override { return input == 0; }
  size_t scratch_bytes() const override { return StartsAt() + BandPixels() * sizeof(int16_t*); }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* output = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    const auto images = static_cast<size_t>(shape_.input[0]);
    buffers.Split(static_cast<int>(images * bands_ * slices_), [&](int part, std::byte* scratch) {
      const auto index = static_cast<size_t>(part);
      RunPart(input, {index / slices_ / bands_, index / slices_ % bands_, index % slices_}, scratch,
              output);
    });
  }

 private:
  struct Part {
    size_t image, band, slice;
  };

  void Cut(int threads) {
    const auto rows = static_cast<size_t>(shape_.output[1]);
    const size_t bytes_per_row =
        static_cast<size_t>(shape_.window.stride_h) * rows_.elements() * sizeof(int16_t);
    band_rows_ = std::clamp<size_t>(kBandBytes / bytes_per_row, 1, rows);
    if (threads > 1) {
      const auto parts = kPartsPerThread * static_cast<size_t>(threads);
      const auto input_bytes = static_cast<size_t>(NumElements(shape_.input));
      const auto weight_bytes = static_cast<size_t>(NumElements(shape_.filter));
      if (weight_bytes > input_bytes) {
        slices_ = std::min(parts, weights_.front().panels().count());
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
    return Aligned((InputRows(band_rows_) * rows_.elements() + kSlack) * sizeof(int16_t));
  }

  void RunPart(const int8_t* input, Part part, std::byte* scratch, int8_t* output) const {
    const auto all_rows = static_cast<size_t>(shape_.output[1]);
    const auto columns = static_cast<size_t>(shape_.output[2]);
    const size_t first = part.band * band_rows_, rows = std::min(band_rows_, all_rows - first);
    auto* widened = reinterpret_cast<int16_t*>(scratch);
    auto* starts = reinterpret_cast<const int16_t**>(scratch + StartsAt());
    rows_.Widen(input + part.image * static_cast<size_t>(NumElements(shape_.input)) /
                            static_cast<size_t>(shape_.input[0]),
                static_cast<int64_t>(first) * shape_.window.stride_h - shape_.window.pad_top,
                InputRows(rows), widened);
    for (size_t y = 0; y < rows; ++y) {
      const int16_t* row =
          widened + y * static_cast<size_t>(shape_.window.stride_h) * rows_.elements();
      for (size_t x = 0; x < columns; ++x) {
        starts[y * columns + x] =
            row + x * static_cast<size_t>(shape_.window.stride_w * shape_.input[3]);
      }
    }
    const auto outputs = static_cast<size_t>(shape_.output[3]);
    int8_t* result = output + (part.image * all_rows + first) * columns * outputs;
    for (const PackedWeights<int8_t>& weights : weights_) {
      const Panels<int8_t> panels = weights.panels();
      MultiplyInt8({{starts, rows * columns}, offsets_}, panels,
                   part.slice * panels.count() / slices_,
                   (part.slice + 1) * panels.count() / slices_, result, outputs);
      // The next group of channels.
      result += panels.outputs;
      for (size_t i = 0; i < rows * columns; ++i) starts[i] += shape_.filter[3];
    }
  }

  ConvolutionShape shape_;
  std::vector<PackedWeights<int8_t>> weights_;
  WidenedRows rows_;
  std::vector<size_t> offsets_;
  size_t band_rows_ = 1, bands_ = 1, slices_ = 1;
};

Requantization PartOf(const Requantization& whole, size_t first, size_t count) {
  Requantization part = whole;
  const auto at = static_cast<std::ptrdiff_t>(first), size = static_cast<std::ptrdiff_t>(count);
  part.bias.assign(whole.bias.begin() + at, whole.bias.begin() + at + size);
  part.multiplier.assign(whole.multiplier.begin() + at, whole.multiplier.begin() + at + size);
  return part;
}

std::vector<PackedWeights<int8_t>> PackGroups(const PrepareContext& context,
                                              const ConvolutionShape& shape,
                                              Activation activation) {
  const Shape& filter = shape.filter;
  const bool whole_rows = HasWholeRows(shape);
  const auto pieces = static_cast<size_t>(whole_rows ? filter[1] : filter[1] * filter[2]);
  const auto length = static_cast<size_t>(whole_rows ? filter[2] * filter[3] : filter[3]);
  const auto groups = static_cast<size_t>(shape.input[3] / filter[3]);
  const size_t outputs = static_cast<size_t>(filter[0]) / groups;
  const auto weights = context.inputs[1]->Values<int8_t>();
  const Requantization requantization = RequantizationOf(context, activation);
  std::vector<PackedWeights<int8_t>> packed;
  for (size_t group = 0; group < groups; ++group) {
    const size_t numbers = outputs * pieces * length;
    packed.emplace_back(weights.subspan(group * numbers, numbers),
                        PanelShape{outputs, pieces, length},
                        PartOf(requantization, group * outputs, outputs));
  }
  return packed;
}

}  // namespace

std::unique_ptr<Kernel> PrepareInt16Products(const PrepareContext& context, ConvolutionShape shape,
                                             Activation activation) {
  shape = Flattened(std::move(shape));
  return std::make_unique<Int8Convolution>(shape, context.inputs[0]->quant->zero_point(),
                                           PackGroups(context, shape, activation), context.threads);
}

}  // namespace qconvert
