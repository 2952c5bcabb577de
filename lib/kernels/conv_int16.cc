// Dense convolution of int8 activations as products of windows with packed weights (int8_gemm.h).
#include <utility>

#include "lib/kernels/banded_convolution.h"
#include "lib/kernels/int8_requantization.h"

namespace qconvert {
namespace {

Requantization PartOf(const Requantization& whole, size_t first, size_t count) {
  Requantization part = whole;
  const auto at = static_cast<std::ptrdiff_t>(first), size = static_cast<std::ptrdiff_t>(count);
  part.bias.assign(whole.bias.begin() + at, whole.bias.begin() + at + size);
  part.multiplier.assign(whole.multiplier.begin() + at, whole.multiplier.begin() + at + size);
  return part;
}

class Int8Products {
 public:
  using Element = int8_t;
  using Wide = int16_t;
  static constexpr bool kHonoursFlips = false;
  static constexpr std::string_view kPrimitive = "int16 product";
  static constexpr size_t kSlack = 32;

  Int8Products(const PrepareContext& context, const ConvolutionShape& shape,
               Activation activation) {
    const WindowPieces pieces(shape);
    const auto weights = context.inputs[1]->Values<int8_t>();
    const Requantization requantization = RequantizationOf(context, activation);
    const size_t numbers = pieces.outputs * pieces.pieces * pieces.length;
    for (size_t group = 0; group < pieces.groups; ++group) {
      weights_.emplace_back(weights.subspan(group * numbers, numbers),
                            PanelShape{pieces.outputs, pieces.pieces, pieces.length},
                            PartOf(requantization, group * pieces.outputs, pieces.outputs));
    }
  }

  void Place(std::vector<size_t> offsets) { offsets_ = std::move(offsets); }
  size_t panels() const { return weights_.front().panels().count(); }
  void Multiply(size_t group, std::span<const int16_t* const> starts, size_t first_panel,
                size_t last_panel, int8_t* result, size_t stride) const {
    MultiplyInt8({starts, offsets_}, weights_[group].panels(), first_panel, last_panel, result,
                 stride);
  }

 private:
  std::vector<PackedWeights<int8_t>> weights_;  // of each group of channels
  std::vector<size_t> offsets_;
};

}  // namespace

std::unique_ptr<Kernel> PrepareInt16Products(const PrepareContext& context, ConvolutionShape shape,
                                             Activation activation) {
  shape = Flattened(std::move(shape));
  return std::make_unique<BandedConvolution<Int8Products>>(
      shape, context.inputs[0]->quant->zero_point(), Int8Products(context, shape, activation),
      context.threads);
}

}  // namespace qconvert
