#include "lib/quantization/quantize_constant.h"

#include "lib/math/float16.h"
#include "lib/math/quantize.h"

namespace qconvert {
namespace {

template <typename T>
Tensor Quantized(const Tensor& constant, const QuantParams& params, IntegerLimits limits) {
  std::vector<T> rounded(static_cast<size_t>(constant.elements()));
  QuantizeValues<T>(constant.Values<float>(), {params.scale(), params.zero_point()}, limits,
                    rounded);
  return MakeConstantTensor(constant.name, constant.shape, std::move(rounded));
}

}  // namespace

Tensor QuantizeConstant(const Tensor& constant, ElementType type, const QuantParams& params) {
  return NamingConstant(constant, [&] {
    Tensor result = type == ElementType::kInt16 ? Quantized<int16_t>(constant, params, kInt16Limits)
                                                : Quantized<int8_t>(constant, params, kInt8Limits);
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
