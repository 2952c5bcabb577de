// Integer convolutions by oneDNN, where the machine multiplies 8-bit integers exactly. It takes
// unsigned inputs without a zero point fastest: what a zero point adds goes into the bias, and so
// does the result's zero point.
#include <algorithm>
#include <limits>
#include <vector>

#include "lib/kernels/conv_onednn.h"
#include "lib/kernels/int8_requantization.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr int kPerChannel = 3;  // a mask: groups and channels of a group

/// The type of a tensor as it lies, and what its bytes are more than its numbers.
struct ByteType {
  memory::data_type type;
  int32_t shift;

  explicit ByteType(uint8_t flip)
      : type(flip == 0 ? memory::data_type::s8 : memory::data_type::u8),
        shift(flip == 0 ? 0 : kSignFlip) {}
};

/// Returns the bias in steps of the result, its zero point included.
///   input_zero  of the input as it lies, where the primitive is not told
std::vector<float> BiasInSteps(const PrepareContext& context, const Requantization& requantization,
                               int32_t input_zero, int32_t output_zero) {
  const size_t outputs = requantization.bias.size();
  const auto sums = WeightSums(context.inputs[1]->Values<int8_t>(), outputs);
  std::vector<float> bias(outputs);
  for (size_t o = 0; o < outputs; ++o) {
    const double added = static_cast<double>(requantization.bias[o]) -
                         static_cast<double>(input_zero) * static_cast<double>(sums[o]);
    bias[o] = static_cast<float>(added * static_cast<double>(requantization.multiplier[o]) +
                                 static_cast<double>(output_zero));
  }
  return bias;
}

/// Returns attributes whose result is clamped to [min, max], unless its type does that already.
dnnl::primitive_attr Attributes(const PrepareContext& context, int32_t min, int32_t max) {
  dnnl::primitive_attr attributes = MakeAttributes(context, Activation::kNone);
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, kPerChannel);
  if (max - min < std::numeric_limits<uint8_t>::max()) {
    dnnl::post_ops ops;
    ops.append_eltwise(dnnl::algorithm::eltwise_clip, static_cast<float>(min),
                       static_cast<float>(max));
    attributes.set_post_ops(ops);
  }
  return attributes;
}

}  // namespace

std::unique_ptr<Kernel> PrepareOneDnnInt8(const PrepareContext& context,
                                          const ConvolutionShape& shape, Activation activation) {
  const ByteType input(context.InputFlip(0)), output(context.OutputFlip(0));
  const Requantization requantization = RequantizationOf(context, activation);
  const int32_t input_zero = context.inputs[0]->quant->zero_point() + input.shift;
  const bool tell = input_zero != 0 && ReadsPadding(shape.window);
  OneDnnConvolution convolution{
      shape,
      {DenseDesc(shape.filter, shape.input[3] / shape.filter[3], memory::data_type::s8),
       context.inputs[1]->constant->bytes.data(),
       BiasInSteps(context, requantization, tell ? 0 : input_zero,
                   requantization.zero_point + output.shift)},
      Attributes(context, requantization.min + output.shift, requantization.max + output.shift),
      requantization.multiplier};
  convolution.input_type = input.type;
  convolution.output_type = output.type;
  if (tell) {
    convolution.attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
    convolution.tensor_params[DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC] =
        MemoryOf(EngineOf(context), std::vector{input_zero});
  }
  return OrNull([&] { return PrepareOneDnnConvolution(context, convolution); });
}

}  // namespace qconvert
