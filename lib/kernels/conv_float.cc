// Convolutions by oneDNN: activations stay NHWC, weights are repacked once.
#include <vector>

#include "lib/kernels/computed_weights.h"
#include "lib/kernels/conv.h"
#include "lib/kernels/conv_onednn.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr auto kF32 = memory::data_type::f32, kS8 = memory::data_type::s8;

/// Returns dense weights [O,KH,KW,I/groups] with their axes as oneDNN orders them: [groups,
/// O/groups, I/groups, KH, KW].
memory::desc DenseDesc(const Shape& ohwi, int64_t groups, memory::data_type type) {
  const int64_t o = ohwi[0] / groups, h = ohwi[1], w = ohwi[2], i = ohwi[3];
  return {{groups, o, i, h, w}, type, memory::dims{o * h * w * i, h * w * i, 1, w * i, i}};
}

/// The same of [1,KH,KW,C*M]: channel c*M+m is output m of group c.
memory::desc DepthwiseDesc(const Shape& shape, int64_t groups) {
  const int64_t h = shape[1], w = shape[2], outputs = shape[3], multiplier = outputs / groups;
  return {
      {groups, multiplier, 1, h, w}, kF32, memory::dims{multiplier, 1, 1, w * outputs, outputs}};
}

std::unique_ptr<Kernel> PrepareFloat(const PrepareContext& context, const ConvolutionShape& shape,
                                     const memory::desc& weights, Activation activation) {
  return OrNull([&] {
    return PrepareOneDnnConvolution(
        context, {shape, FloatWeights(context, weights), MakeAttributes(context, activation)});
  });
}

/// Attributes of an integer convolution, whose weights have one scale or one for each channel.
dnnl::primitive_attr Int8Attributes(const PrepareContext& context, Activation activation,
                                    bool per_channel) {
  constexpr int kPerChannel = 3;  // groups and channels of a group
  dnnl::primitive_attr attributes = MakeAttributes(context, activation);
  attributes.set_scales_mask(DNNL_ARG_SRC, 0);
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, per_channel ? kPerChannel : 0);
  attributes.set_scales_mask(DNNL_ARG_DST, 0);
  attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
  attributes.set_zero_points_mask(DNNL_ARG_DST, 0);
  return attributes;
}

/// The scale and zero point of a tensor, as arguments of a primitive.
void AddParams(const dnnl::engine& engine, int argument, const QuantParams& params,
               OneDnnConstants& constants) {
  constants[DNNL_ARG_ATTR_SCALES | argument] = MemoryOf(engine, std::vector{params.scale()});
  constants[DNNL_ARG_ATTR_ZERO_POINTS | argument] =
      MemoryOf(engine, std::vector{params.zero_point()});
}

/// Returns the bias in real units.
std::vector<float> RealBias(const PrepareContext& context) {
  if (context.inputs.size() < 3 || context.inputs[2] == nullptr) return {};
  const QuantParams& weights = *context.inputs[1]->quant;
  const auto bias = context.inputs[2]->Values<int32_t>();
  std::vector<float> real(bias.begin(), bias.end());
  for (size_t o = 0; o < real.size(); ++o) {
    real[o] *= context.inputs[0]->quant->scale() * weights.scales[weights.per_channel() ? o : 0];
  }
  return real;
}

/// Returns what must be cropped at the end so that `input` places reach `output`; negative where
/// the result is longer than the places reach.
int64_t CropAfter(int64_t input, int stride, int64_t filter, int crop_before, int64_t output) {
  return (input - 1) * stride + filter - crop_before - output;
}

/// Returns whether oneDNN and the node mean the same by an axis: it pads by less than a stride.
bool IsDeconvolution(int64_t crop_after, int stride) { return crop_after > -stride; }

std::unique_ptr<Kernel> PrepareBackward(const PrepareContext& context,
                                        const TransposeConv2D& conv) {
  const Shape &in = context.inputs[0]->shape, &filter = context.inputs[1]->shape;
  const Window& window = conv.window;
  const int64_t bottom =
      CropAfter(in[1], window.stride_h, filter[1], window.pad_top, conv.output_h);
  const int64_t right =
      CropAfter(in[2], window.stride_w, filter[2], window.pad_left, conv.output_w);
  if (!IsDeconvolution(bottom, window.stride_h) || !IsDeconvolution(right, window.stride_w)) {
    return nullptr;
  }
  const int64_t o = filter[0], h = filter[1], w = filter[2], i = filter[3];
  const OneDnnWeights weights =
      FloatWeights(context, {{o, i, h, w}, kF32, memory::dims{h * w * i, 1, w * i, i}});
  const dnnl::deconvolution_forward::primitive_desc primitive(
      EngineOf(context), dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct,
      NhwcDesc(in, kF32), weights.any_desc(), weights.bias_desc(),
      NhwcDesc(context.outputs[0]->shape, kF32), {window.stride_h, window.stride_w}, {0, 0},
      {window.pad_top, window.pad_left}, {bottom, right}, MakeAttributes(context, conv.activation));
  return std::make_unique<OneDnnKernel>(primitive, std::vector<int>{DNNL_ARG_SRC},
                                        Repacked(EngineOf(context), weights, primitive));
}

ConvolutionShape ShapeOf(const PrepareContext& context, const Window& window) {
  return {context.inputs[0]->shape, context.inputs[1]->shape, context.outputs[0]->shape, window};
}

/// oneDNN does not take tensors without elements.
bool IsCovered(const PrepareContext& context) {
  return HasConstantWeights(context) && context.outputs[0]->elements() > 0;
}

}  // namespace

std::unique_ptr<Kernel> PrepareConv2DFloat(const PrepareContext& context) {
  if (!HasConstantWeights(context)) return PrepareComputedConv2D(context);
  if (!IsCovered(context)) return nullptr;
  const Conv2D& conv = *context.node->As<Conv2D>();
  return PrepareFloatConvolution(context, ShapeOf(context, conv.window), conv.activation);
}

std::unique_ptr<Kernel> PrepareFloatConvolution(const PrepareContext& context,
                                                const ConvolutionShape& shape,
                                                Activation activation) {
  return PrepareFloat(context, shape,
                      DenseDesc(shape.filter, shape.input[3] / shape.filter[3], kF32), activation);
}

std::unique_ptr<Kernel> PrepareOneDnnInt8(const PrepareContext& context,
                                          const ConvolutionShape& shape, Activation activation) {
  const QuantParams& weights = *context.inputs[1]->quant;
  const dnnl::engine& engine = EngineOf(context);
  OneDnnConvolution convolution{shape,
                                {DenseDesc(shape.filter, shape.input[3] / shape.filter[3], kS8),
                                 context.inputs[1]->constant->bytes.data(), RealBias(context)},
                                Int8Attributes(context, activation, weights.per_channel()),
                                weights.scales};
  AddParams(engine, DNNL_ARG_SRC, *context.inputs[0]->quant, convolution.tensor_params);
  AddParams(engine, DNNL_ARG_DST, *context.outputs[0]->quant, convolution.tensor_params);
  return OrNull([&] { return PrepareOneDnnConvolution(context, convolution); });
}

std::unique_ptr<Kernel> PrepareDepthwiseConv2DFloat(const PrepareContext& context) {
  if (!HasConstantWeights(context)) return PrepareComputedDepthwiseConv2D(context);
  if (!IsCovered(context)) return nullptr;
  const DepthwiseConv2D& conv = *context.node->As<DepthwiseConv2D>();
  const ConvolutionShape shape = ShapeOf(context, conv.window);
  return PrepareFloat(context, shape, DepthwiseDesc(shape.filter, shape.input[3]), conv.activation);
}

std::unique_ptr<Kernel> PrepareTransposeConv2DFloat(const PrepareContext& context) {
  if (!IsCovered(context)) return nullptr;
  return OrNull([&] { return PrepareBackward(context, *context.node->As<TransposeConv2D>()); });
}

}  // namespace qconvert
