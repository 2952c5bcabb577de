// Float convolutions by oneDNN: activations stay NHWC, weights are repacked once.
#include <vector>

#include "lib/kernels/computed_weights.h"
#include "lib/kernels/conv.h"
#include "lib/kernels/conv_onednn.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr auto kF32 = memory::data_type::f32;

/// Returns weights [1,KH,KW,C*M] with their axes as oneDNN orders them, [groups, O/groups,
/// I/groups, KH, KW]: channel c*M+m is output m of group c.
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
