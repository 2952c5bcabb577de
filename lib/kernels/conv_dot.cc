// Dense convolution of unsigned activations as products of windows with packed weights, four to an
// instruction (dot_gemm.h). Tiles of AMX, which oneDNN fills, are faster where they are full.
#include <utility>

#include "lib/kernels/banded_convolution.h"
#include "lib/kernels/dot_gemm.h"
#include "lib/kernels/instructions.h"
#include "lib/kernels/int8_requantization.h"

namespace qconvert {
namespace {

/// Returns the requantization of one group of outputs, whose bias takes out what the zero point of
/// the inputs adds.
Requantization GroupOf(const Requantization& whole, std::span<const int32_t> weight_sums,
                       int32_t input_zero, size_t first, size_t count) {
  Requantization part = whole;
  part.bias.clear();
  part.multiplier.clear();
  for (size_t o = first; o < first + count; ++o) {
    const uint32_t added =
        static_cast<uint32_t>(input_zero) * static_cast<uint32_t>(weight_sums[o]);
    part.bias.push_back(static_cast<int32_t>(static_cast<uint32_t>(whole.bias[o]) - added));
    part.multiplier.push_back(whole.multiplier[o]);
  }
  return part;
}

class DotProducts {
 public:
  using Element = uint8_t;
  using Wide = uint8_t;
  static constexpr std::string_view kPrimitive = "vnni product";
  static constexpr size_t kSlack = kDotProducts;
  static constexpr bool kHonoursFlips = true;

  DotProducts(DotFunction function, const PrepareContext& context, const ConvolutionShape& shape,
              const Requantization& requantization, int32_t input_zero)
      : function_(function) {
    const WindowPieces pieces(shape);
    const auto weights = context.inputs[1]->Values<int8_t>();
    const auto sums = WeightSums(weights, requantization.bias.size());
    const size_t numbers = pieces.outputs * pieces.pieces * pieces.length;
    for (size_t group = 0; group < pieces.groups; ++group) {
      weights_.emplace_back(
          weights.subspan(group * numbers, numbers),
          PanelShape{pieces.outputs, pieces.pieces, pieces.length},
          GroupOf(requantization, sums, input_zero, group * pieces.outputs, pieces.outputs));
    }
  }

  void Place(std::vector<size_t> offsets) { offsets_ = std::move(offsets); }
  size_t panels() const { return weights_.front().panels().count(); }
  void Multiply(size_t group, std::span<const uint8_t* const> starts, size_t first_panel,
                size_t last_panel, uint8_t* result, size_t stride) const {
    function_({starts, offsets_}, weights_[group].panels(), first_panel, last_panel, result,
              stride);
  }

 private:
  DotFunction function_;
  std::vector<DotWeights> weights_;  // of each group of channels
  std::vector<size_t> offsets_;
};

}  // namespace

std::unique_ptr<Kernel> PrepareDotProducts(const PrepareContext& context, ConvolutionShape shape,
                                           Activation activation) {
  constexpr int64_t kLeastTileProducts = 128;  // two rows of a tile: fewer would leave it empty
  const DotFunction function = DotFunctionHere();
  if (function == nullptr || context.InputFlip(0) == 0) return nullptr;
  const int64_t products = NumElements(shape.filter) / shape.filter[0];
  if (HasInt8Tiles() && products >= kLeastTileProducts) return nullptr;
  shape = Flattened(std::move(shape));
  const Requantization requantization = RequantizationOf(context, activation);
  if (!FitsSteps(requantization, products)) return nullptr;
  const int32_t input_zero = context.inputs[0]->quant->zero_point() + kSignFlip;
  return std::make_unique<BandedConvolution<DotProducts>>(
      shape, input_zero, DotProducts(function, context, shape, requantization, input_zero),
      context.threads);
}

}  // namespace qconvert
