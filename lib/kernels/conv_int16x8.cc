// Dense convolution of int16 activations with int8 weights as products of windows with packed
// weights (int8_gemm.h). Sums are exact, so results equal the reference kernels'.
#include <array>
#include <utility>

#include "lib/base/vectorize.h"
#include "lib/kernels/banded_convolution.h"
#include "lib/kernels/int16_requantization.h"

namespace qconvert {
namespace {

constexpr size_t kMostProducts = 510;  // each at most 2^22 large, that an int32 can add up
constexpr size_t kBlock = 64;          // windows whose sums stay in a core's L1

using Sums = std::array<int32_t, kBlock * kPanelColumns>;
using Totals = std::array<int64_t, kBlock * kPanelColumns>;

QCONVERT_VECTORIZE void AddTo(Totals& totals, const Sums& sums, size_t count) {
  for (size_t i = 0; i < count; ++i) totals[i] += sums[i];
}

/// The pieces of a window are cut into parts, and these put into chunks whose sums are int32.
class Int16Products {
 public:
  using Element = int16_t;
  using Wide = int16_t;
  static constexpr bool kHonoursFlips = false;
  static constexpr std::string_view kPrimitive = "int16x8 product";
  static constexpr size_t kSlack = 512;

  Int16Products(const PrepareContext& context, const ConvolutionShape& shape, Activation activation)
      : pieces_(shape), requantize_(context, activation) {
    parts_per_piece_ = CeilDiv(pieces_.length, kMostProducts);
    part_length_ = CeilDiv(CeilDiv(pieces_.length, parts_per_piece_), size_t{2}) * 2;
    const size_t parts = pieces_.pieces * parts_per_piece_;
    const size_t per_chunk = kMostProducts / part_length_;
    for (size_t first = 0; first < parts; first += per_chunk) {
      chunks_.push_back({first, std::min(per_chunk, parts - first), {}, {}});
      for (size_t group = 0; group < pieces_.groups; ++group) {
        Pack(context.inputs[1]->Values<int8_t>(), group, chunks_.back());
      }
    }
  }

  void Place(const std::vector<size_t>& offsets) {
    for (Chunk& chunk : chunks_) {
      for (size_t part = chunk.first; part < chunk.first + chunk.count; ++part) {
        chunk.offsets.push_back(offsets[part / parts_per_piece_] +
                                part % parts_per_piece_ * part_length_);
      }
    }
  }

  size_t panels() const { return chunks_.front().weights.front().panels().count(); }

  void Multiply(size_t group, std::span<const int16_t* const> starts, size_t first_panel,
                size_t last_panel, int16_t* result, size_t stride) const {
    for (size_t panel = first_panel; panel < last_panel; ++panel) {
      for (size_t first = 0; first < starts.size(); first += kBlock) {
        const size_t count = std::min(kBlock, starts.size() - first);
        MultiplyBlock(group, starts.subspan(first, count), panel, result + first * stride, stride);
      }
    }
  }

 private:
  struct Chunk {
    size_t first, count;  ///< parts
    std::vector<size_t> offsets;
    std::vector<PackedWeights<int16_t>> weights;  ///< of each group of channels
  };

  void Pack(std::span<const int8_t> weights, size_t group, Chunk& chunk) const {
    PackedWeights<int16_t> packed({pieces_.outputs, 1, chunk.count * part_length_}, {});
    for (size_t o = 0; o < pieces_.outputs; ++o) {
      for (size_t k = 0; k < chunk.count * part_length_; ++k) {
        const size_t part = chunk.first + k / part_length_;
        const size_t at = part % parts_per_piece_ * part_length_ + k % part_length_;
        if (at >= pieces_.length) continue;
        const size_t row = (group * pieces_.outputs + o) * pieces_.pieces + part / parts_per_piece_;
        packed.Set(o, k, weights[row * pieces_.length + at]);
      }
    }
    chunk.weights.push_back(std::move(packed));
  }

  void MultiplyBlock(size_t group, std::span<const int16_t* const> starts, size_t panel,
                     int16_t* result, size_t stride) const {
    Sums sums;
    Totals totals{};
    const size_t count = starts.size() * kPanelColumns;
    for (const Chunk& chunk : chunks_) {
      Panels<int16_t> panels = chunk.weights[group].panels();
      panels.pieces = chunk.count;
      panels.length = part_length_;
      SumInt8Panel({starts, chunk.offsets}, panels, panel, sums.data());
      AddTo(totals, sums, count);
    }
    const size_t channel = panel * kPanelColumns;
    const size_t outputs = std::min(kPanelColumns, pieces_.outputs - channel);
    for (size_t r = 0; r < starts.size(); ++r) {
      for (size_t o = 0; o < outputs; ++o) {
        result[r * stride + channel + o] =
            requantize_(totals[r * kPanelColumns + o], group * pieces_.outputs + channel + o);
      }
    }
  }

  WindowPieces pieces_;
  Int16Requantization requantize_;
  size_t parts_per_piece_ = 1, part_length_ = 0;
  std::vector<Chunk> chunks_;
};

}  // namespace

std::unique_ptr<Kernel> PrepareConv2DInt16(const PrepareContext& context) {
  if (!HasConstantWeightsBesideInt16(context)) return nullptr;
  const Conv2D& conv = *context.node->As<Conv2D>();
  const ConvolutionShape shape = Flattened(
      {context.inputs[0]->shape, context.inputs[1]->shape, context.outputs[0]->shape, conv.window});
  return std::make_unique<BandedConvolution<Int16Products>>(
      shape, 0, Int16Products(context, shape, conv.activation), context.threads);
}

}  // namespace qconvert
