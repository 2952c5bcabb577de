// Float convolutions by oneDNN: activations stay NHWC, weights are repacked once.
#include "lib/ops/conv_kernels.h"

#include "lib/ops/onednn.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr auto kF32 = memory::data_type::f32;

/// Weights as oneDNN names their axes: [groups, O/groups, I/groups, KH, KW].
struct Weights {
  memory::dims dims, strides;
  memory::desc given() const { return {dims, kF32, strides}; }
  memory::desc wanted() const { return {dims, kF32, memory::format_tag::any}; }
};

Weights DenseWeights(const Shape& ohwi, int64_t groups) {
  const int64_t o = ohwi[0] / groups, h = ohwi[1], w = ohwi[2], i = ohwi[3];
  return {{groups, o, i, h, w}, {o * h * w * i, h * w * i, 1, w * i, i}};
}

/// [1,KH,KW,C*M]: channel c*M+m is output m of group c.
Weights DepthwiseWeights(const Shape& shape, int64_t groups) {
  const int64_t h = shape[1], w = shape[2], outputs = shape[3], multiplier = outputs / groups;
  return {{groups, multiplier, 1, h, w}, {multiplier, 1, 1, w * outputs, outputs}};
}

std::unique_ptr<Kernel> PrepareForward(const PrepareContext& context, const Window& window,
                                       const Weights& weights, Activation activation) {
  const dnnl::convolution_forward::primitive_desc primitive(
      EngineOf(context), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      NhwcDesc(context.inputs[0]->shape, kF32), weights.wanted(), BiasDesc(context),
      NhwcDesc(context.outputs[0]->shape, kF32), {window.stride_h, window.stride_w},
      {window.dilation_h - 1, window.dilation_w - 1}, {window.pad_top, window.pad_left},
      {window.pad_bottom, window.pad_right}, MakeAttributes(activation));
  return std::make_unique<OneDnnKernel>(primitive, std::vector<int>{DNNL_ARG_SRC},
                                        WeightedConstants(context, weights.given(), primitive));
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
  const Weights weights{{o, i, h, w}, {h * w * i, 1, w * i, i}};
  const dnnl::deconvolution_forward::primitive_desc primitive(
      EngineOf(context), dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct,
      NhwcDesc(in, kF32), weights.wanted(), BiasDesc(context),
      NhwcDesc(context.outputs[0]->shape, kF32), {window.stride_h, window.stride_w}, {0, 0},
      {window.pad_top, window.pad_left}, {bottom, right}, MakeAttributes(conv.activation));
  return std::make_unique<OneDnnKernel>(primitive, std::vector<int>{DNNL_ARG_SRC},
                                        WeightedConstants(context, weights.given(), primitive));
}

/// oneDNN does not take tensors without elements.
bool IsCovered(const PrepareContext& context) {
  return HasConstantWeights(context) && context.outputs[0]->elements() > 0;
}

}  // namespace

std::unique_ptr<Kernel> PrepareConv2DFloat(const PrepareContext& context) {
  if (!IsCovered(context)) return nullptr;
  const Conv2D& conv = *context.node->As<Conv2D>();
  const Shape& shape = context.inputs[1]->shape;
  const int64_t groups = context.inputs[0]->shape[3] / shape[3];
  return OrNull([&] {
    return PrepareForward(context, conv.window, DenseWeights(shape, groups), conv.activation);
  });
}

std::unique_ptr<Kernel> PrepareDepthwiseConv2DFloat(const PrepareContext& context) {
  if (!IsCovered(context)) return nullptr;
  const DepthwiseConv2D& conv = *context.node->As<DepthwiseConv2D>();
  const int64_t groups = context.inputs[0]->shape[3];
  return OrNull([&] {
    return PrepareForward(context, conv.window, DepthwiseWeights(context.inputs[1]->shape, groups),
                          conv.activation);
  });
}

std::unique_ptr<Kernel> PrepareTransposeConv2DFloat(const PrepareContext& context) {
  if (!IsCovered(context)) return nullptr;
  return OrNull([&] { return PrepareBackward(context, *context.node->As<TransposeConv2D>()); });
}

}  // namespace qconvert
