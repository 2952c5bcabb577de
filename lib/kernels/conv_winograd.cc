#include "lib/kernels/conv_winograd.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/base/alignment.h"
#include "lib/kernels/int8_gemm.h"
#include "lib/kernels/int8_requantization.h"
#include "lib/kernels/widened_rows.h"
#include "lib/kernels/winograd.h"

namespace qconvert {
namespace {

constexpr size_t kPointBytes = size_t{3} << 17;  // of transformed input: what a core's L2 holds
constexpr size_t kSlack = 32;                    // elements that may be read past the last patch
// Fewer channels spend more on the transforms than they save; more do not fit 32 bits, four times
// 9 * 255 * 127 * 1800 being below 2^31. Larger weights cost more memory than they should.
constexpr int64_t kLeastChannels = 16, kMostChannels = 1800, kMostWeights = 9 * 256 * 256;

using Panel16 = PackedWeights<int16_t>;

/// The work is cut into bands of tile rows and slices of output channels. A part of it widens the
/// input of its band, transforms it, and makes the results panel by panel.
class WinogradConvolution : public Kernel {
 public:
  /// points  transformed weights, one product for each of the 16 points
  WinogradConvolution(const ConvolutionShape& shape, int32_t zero_point,
                      std::vector<Panel16> points, int threads)
      : shape_(shape),
        points_(std::move(points)),
        tile_columns_(CeilDiv(static_cast<size_t>(shape.output[2]), kTilePixels)),
        tile_rows_(CeilDiv(static_cast<size_t>(shape.output[1]), kTilePixels)),
        channels_(static_cast<size_t>(shape.input[3])),
        depth_(PatchDepth(channels_)),
        rows_(shape.input, shape.window.pad_left, static_cast<int64_t>(InputPixels(tile_columns_)),
              zero_point) {
    Cut(static_cast<size_t>(threads));
  }

  std::string_view primitive() const override { return "int16 winograd"; }
  bool Reads(size_t input) const override { return input == 0; }
  size_t scratch_bytes() const override { return SumsAt() + SumStride() * kWinogradPoints * 4; }

  void Run(const Buffers& buffers) const override {
    const auto* input = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* output = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    const auto images = static_cast<size_t>(shape_.input[0]);
    const size_t input_elements = static_cast<size_t>(NumElements(shape_.input)) / images;
    const size_t output_elements = static_cast<size_t>(NumElements(shape_.output)) / images;
    buffers.Split(
        static_cast<int>(images * bands_ * slices_), [&](size_t index, std::byte* scratch) {
          const size_t image = index / slices_ / bands_;
          RunPart(input + image * input_elements, {index / slices_ % bands_, index % slices_},
                  scratch, output + image * output_elements);
        });
  }

 private:
  struct Part {
    size_t band, slice;
  };

  static size_t InputPixels(size_t tiles) { return (tiles + 1) * kTilePixels; }

  void Cut(size_t threads) {
    const size_t parts = threads > 1 ? kPartsPerThread * threads : 1;
    const size_t row_bytes = tile_columns_ * kWinogradPoints * depth_ * sizeof(int16_t);
    size_t bands = CeilDiv(tile_rows_, std::max<size_t>(kPointBytes / row_bytes, 1));
    if (NumElements(shape_.filter) > NumElements(shape_.input)) {
      slices_ = std::min(parts, points_[0].panels().count());
    } else {
      bands = std::min(std::max(bands, parts), tile_rows_);
    }
    band_rows_ = CeilDiv(tile_rows_, bands);
    bands_ = CeilDiv(tile_rows_, band_rows_);
  }

  // Scratch: widened rows, their transform, where its tiles start, sums of a panel.
  size_t BandTiles() const { return band_rows_ * tile_columns_; }
  size_t PointStride() const { return BandTiles() * depth_; }
  size_t SumStride() const { return BandTiles() * kPanelColumns; }
  size_t PointsAt() const {
    return Aligned((InputPixels(band_rows_) * rows_.elements() + kSlack) * sizeof(int16_t));
  }
  size_t StartsAt() const {
    return PointsAt() + Aligned(kWinogradPoints * PointStride() * sizeof(int16_t));
  }
  size_t SumsAt() const { return StartsAt() + Aligned(BandTiles() * sizeof(int16_t*)); }

  void RunPart(const int8_t* image, Part part, std::byte* scratch, int8_t* output) const {
    const size_t first = part.band * band_rows_, rows = std::min(band_rows_, tile_rows_ - first);
    Transform(image, first, rows, scratch);
    const auto* points = reinterpret_cast<const int16_t*>(scratch + PointsAt());
    auto** starts = reinterpret_cast<const int16_t**>(scratch + StartsAt());
    for (size_t tile = 0; tile < rows * tile_columns_; ++tile)
      starts[tile] = points + tile * depth_;
    const size_t panels = points_[0].panels().count();
    for (size_t panel = part.slice * panels / slices_; panel < (part.slice + 1) * panels / slices_;
         ++panel) {
      MultiplyPanel({starts, rows * tile_columns_}, panel, scratch);
      StorePanel(first, rows, panel, scratch, output);
    }
  }

  void Transform(const int8_t* image, size_t first, size_t rows, std::byte* scratch) const {
    auto* widened = reinterpret_cast<int16_t*>(scratch);
    auto* points = reinterpret_cast<int16_t*>(scratch + PointsAt());
    rows_.Widen(image, static_cast<int64_t>(first * kTilePixels) - shape_.window.pad_top,
                InputPixels(rows), widened);
    for (size_t row = 0; row < rows; ++row) {
      TransformPatches({widened + row * kTilePixels * rows_.elements(), rows_.elements(), channels_,
                        tile_columns_},
                       points + row * tile_columns_ * depth_, PointStride());
    }
  }

  void MultiplyPanel(std::span<const int16_t* const> starts, size_t panel,
                     std::byte* scratch) const {
    auto* sums = reinterpret_cast<int32_t*>(scratch + SumsAt());
    for (size_t point = 0; point < kWinogradPoints; ++point) {
      const size_t offset = point * PointStride();
      SumInt8Panel({starts, {&offset, 1}}, points_[point].panels(), panel,
                   sums + point * SumStride());
    }
  }

  void StorePanel(size_t first, size_t rows, size_t panel, std::byte* scratch,
                  int8_t* output) const {
    const auto* sums = reinterpret_cast<const int32_t*>(scratch + SumsAt());
    const auto height = static_cast<size_t>(shape_.output[1]);
    const auto width = static_cast<size_t>(shape_.output[2]);
    const auto outputs = static_cast<size_t>(shape_.output[3]);
    for (size_t row = 0; row < rows; ++row) {
      const size_t y = (first + row) * kTilePixels;
      int8_t* pixels = output + y * width * outputs + panel * kPanelColumns;
      TransformTiles(sums + row * tile_columns_ * kPanelColumns, SumStride(), points_[0].panels(),
                     panel, {pixels, outputs, width, std::min(kTilePixels, height - y)});
    }
  }

  ConvolutionShape shape_;
  std::vector<Panel16> points_;
  size_t tile_columns_, tile_rows_, channels_, depth_;
  WidenedRows rows_;
  size_t band_rows_ = 1, bands_ = 1, slices_ = 1;
};

/// Returns weights [O,3,3,I] transformed: for each point [O, I].
std::vector<Panel16> TransformWeights(const PrepareContext& context, const Shape& filter,
                                      const Requantization& requantization) {
  const auto outputs = static_cast<size_t>(filter[0]), channels = static_cast<size_t>(filter[3]);
  const auto weights = context.inputs[1]->Values<int8_t>();
  std::vector<Panel16> points(kWinogradPoints,
                              Panel16({.outputs = outputs, .length = channels}, requantization));
  for (size_t o = 0; o < outputs; ++o) {
    for (size_t i = 0; i < channels; ++i) {
      std::array<int8_t, 9> one{};
      for (size_t k = 0; k < one.size(); ++k) one[k] = weights[(o * one.size() + k) * channels + i];
      const auto transformed = TransformFilter(one);
      for (size_t p = 0; p < kWinogradPoints; ++p) points[p].Set(o, i, transformed[p]);
    }
  }
  return points;
}

bool Pays(const ConvolutionShape& shape) {
  const Shape &filter = shape.filter, &in = shape.input;
  const Window& window = shape.window;
  const bool is_3x3 = filter[1] == 3 && filter[2] == 3 && filter[3] == in[3];
  const bool is_dense = window.stride_h == 1 && window.stride_w == 1 && window.dilation_h == 1 &&
                        window.dilation_w == 1;
  return is_3x3 && is_dense && in[3] >= kLeastChannels && in[3] <= kMostChannels &&
         filter[0] >= static_cast<int64_t>(kPanelColumns) && NumElements(filter) <= kMostWeights;
}

}  // namespace

std::unique_ptr<Kernel> PrepareWinograd(const PrepareContext& context,
                                        const ConvolutionShape& shape, Activation activation) {
  if (!Pays(shape)) return nullptr;
  return std::make_unique<WinogradConvolution>(
      shape, context.inputs[0]->quant->zero_point(),
      TransformWeights(context, shape.filter, RequantizationOf(context, activation)),
      context.threads);
}

}  // namespace qconvert
