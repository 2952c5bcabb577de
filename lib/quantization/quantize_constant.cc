#include "lib/quantization/quantize_constant.h"

#include "lib/math/float16.h"
#include "lib/math/quantize.h"

namespace qconvert {

Tensor QuantizeConstant(const Tensor& constant, const QuantParams& params) {
  return NamingConstant(constant, [&] {
    std::vector<int8_t> rounded(static_cast<size_t>(constant.elements()));
    QuantizeValues<int8_t>(constant.Values<float>(), {params.scale(), params.zero_point()},
                           kInt8Limits, rounded);
    Tensor result = MakeConstantTensor(constant.name, constant.shape, std::move(rounded));
    result.quant = params;
    return result;
  });
}

Tensor ToFloat16(const Tensor& weights) {
  return NamingConstant(weights, [&] {
    std::vector<uint16_t> halves(static_cast<size_t>(weights.elements()));
    WeightsToFloat16(weights.Values<float>(), halves);
    return Tensor{weights.name, ElementType::kFloat16, weights.shape, std::nullopt,
                  MakeConstant(std::move(halves))};
  });
}

}  // namespace qconvert
