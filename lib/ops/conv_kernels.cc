// Convolutions by oneDNN: activations stay NHWC, weights are repacked once.
#include "lib/ops/conv_kernels.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "lib/ops/onednn.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr auto kF32 = memory::data_type::f32, kS8 = memory::data_type::s8;

/// Weights as oneDNN names their axes: [groups, O/groups, I/groups, KH, KW].
struct Weights {
  memory::dims dims, strides;
  memory::data_type type = kF32;
  memory::desc given() const { return {dims, type, strides}; }
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

/// A convolution but for its shape.
struct Forward {
  Weights weights;
  dnnl::primitive_attr attributes;
};

using ForwardDesc = dnnl::convolution_forward::primitive_desc;

ForwardDesc Describe(const PrepareContext& context, const Forward& forward,
                     const ConvolutionShape& shape, const memory::desc& weights) {
  const Window& window = shape.window;
  return {EngineOf(context),
          dnnl::prop_kind::forward_inference,
          dnnl::algorithm::convolution_direct,
          NhwcDesc(shape.input, forward.weights.type),
          weights,
          BiasDesc(context),
          NhwcDesc(shape.output, forward.weights.type),
          {window.stride_h, window.stride_w},
          {window.dilation_h - 1, window.dilation_w - 1},
          {window.pad_top, window.pad_left},
          {window.pad_bottom, window.pad_right},
          forward.attributes};
}

ForwardDesc Describe(const PrepareContext& context, const Forward& forward,
                     const ConvolutionShape& shape) {
  const memory::desc any(forward.weights.dims, forward.weights.type, memory::format_tag::any);
  return Describe(context, forward, shape, any);
}

/// Output rows [first, end) and the input rows that they read.
struct Band {
  ConvolutionShape shape;
  int64_t first_input_row, first_output_row;
};

Band BandOf(const ConvolutionShape& whole, int64_t first, int64_t end) {
  const Window& window = whole.window;
  const int64_t top = first * window.stride_h - window.pad_top;
  const int64_t bottom =
      (end - 1) * window.stride_h - window.pad_top + (whole.filter[1] - 1) * window.dilation_h + 1;
  const int64_t from = std::clamp<int64_t>(top, 0, whole.input[1]);
  const int64_t to = std::clamp<int64_t>(bottom, from, whole.input[1]);
  Band band{whole, from, first};
  band.shape.input[1] = to - from;
  band.shape.output[1] = end - first;
  band.shape.window.pad_top = static_cast<int>(from - top);
  band.shape.window.pad_bottom = static_cast<int>(bottom - to);
  return band;
}

/// Splits one image into bands, one for each thread; null when oneDNN would compute a band in
/// another way than the whole, or there are several images.
std::unique_ptr<Kernel> PrepareInBands(const PrepareContext& context, const Forward& forward,
                                       const ConvolutionShape& whole, const ForwardDesc& described,
                                       const OneDnnConstants& constants) {
  const int64_t rows = whole.output[1], bands = std::min<int64_t>(context.threads, rows);
  if (bands < 2 || whole.input[0] != 1) return nullptr;
  const auto row_bytes = [&](const Shape& shape) {
    return shape[2] * shape[3] * (forward.weights.type == kF32 ? 4 : 1);
  };
  std::vector<PartedKernel::Part> parts;
  for (int64_t i = 0; i < bands; ++i) {
    const Band band = BandOf(whole, rows * i / bands, rows * (i + 1) / bands);
    if (band.shape.input[1] == 0) return nullptr;
    const ForwardDesc desc = Describe(context, forward, band.shape, described.weights_desc());
    if (std::string(desc.impl_info_str()) != described.impl_info_str()) return nullptr;
    parts.push_back(
        {std::make_unique<OneDnnKernel>(desc, std::vector<int>{DNNL_ARG_SRC}, constants),
         static_cast<size_t>(band.first_input_row * row_bytes(whole.input)),
         static_cast<size_t>(band.first_output_row * row_bytes(whole.output))});
  }
  return std::make_unique<PartedKernel>(std::move(parts));
}

std::unique_ptr<Kernel> MakeForward(const PrepareContext& context, const Forward& forward,
                                    const ConvolutionShape& shape, const ForwardDesc& described,
                                    const OneDnnConstants& constants) {
  auto in_bands =
      OrNull([&] { return PrepareInBands(context, forward, shape, described, constants); });
  if (in_bands != nullptr) return in_bands;
  return std::make_unique<OneDnnKernel>(described, std::vector<int>{DNNL_ARG_SRC}, constants);
}

std::unique_ptr<Kernel> PrepareForward(const PrepareContext& context, const ConvolutionShape& shape,
                                       const Weights& weights, Activation activation) {
  return OrNull([&] {
    const Forward forward{weights, MakeAttributes(activation)};
    const ForwardDesc described = Describe(context, forward, shape);
    return MakeForward(context, forward, shape, described,
                       WeightedConstants(context, weights.given(), described));
  });
}

/// The scale and zero point of a tensor, as arguments of a primitive.
void AddParams(const dnnl::engine& engine, int argument, std::vector<float> scales,
               std::optional<int32_t> zero_point, OneDnnConstants& constants) {
  constants[DNNL_ARG_ATTR_SCALES | argument] = MemoryOf(engine, scales);
  if (zero_point) {
    constants[DNNL_ARG_ATTR_ZERO_POINTS | argument] = MemoryOf(engine, std::vector{*zero_point});
  }
}

/// Returns the bias in real units.
std::vector<float> RealBias(const PrepareContext& context) {
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
  const Weights weights{{o, i, h, w}, {h * w * i, 1, w * i, i}};
  const dnnl::deconvolution_forward::primitive_desc primitive(
      EngineOf(context), dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct,
      NhwcDesc(in, kF32), memory::desc(weights.dims, kF32, memory::format_tag::any),
      BiasDesc(context), NhwcDesc(context.outputs[0]->shape, kF32),
      {window.stride_h, window.stride_w}, {0, 0}, {window.pad_top, window.pad_left},
      {bottom, right}, MakeAttributes(conv.activation));
  return std::make_unique<OneDnnKernel>(primitive, std::vector<int>{DNNL_ARG_SRC},
                                        WeightedConstants(context, weights.given(), primitive));
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
  if (!IsCovered(context)) return nullptr;
  const Conv2D& conv = *context.node->As<Conv2D>();
  return PrepareFloatConvolution(context, ShapeOf(context, conv.window), conv.activation);
}

std::unique_ptr<Kernel> PrepareFloatConvolution(const PrepareContext& context,
                                                const ConvolutionShape& shape,
                                                Activation activation) {
  return PrepareForward(context, shape,
                        DenseWeights(shape.filter, shape.input[3] / shape.filter[3]), activation);
}

std::unique_ptr<Kernel> PrepareOneDnnInt8(const PrepareContext& context,
                                          const ConvolutionShape& shape, Activation activation) {
  const QuantParams &input = *context.inputs[0]->quant, &weights = *context.inputs[1]->quant;
  const QuantParams& output = *context.outputs[0]->quant;
  constexpr int kPerChannel = 3;  // groups and channels of a group
  dnnl::primitive_attr attributes = MakeAttributes(activation);
  attributes.set_scales_mask(DNNL_ARG_SRC, 0);
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, weights.per_channel() ? kPerChannel : 0);
  attributes.set_scales_mask(DNNL_ARG_DST, 0);
  attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
  attributes.set_zero_points_mask(DNNL_ARG_DST, 0);
  Forward forward{DenseWeights(shape.filter, shape.input[3] / shape.filter[3]), attributes};
  forward.weights.type = kS8;
  return OrNull([&] {
    const dnnl::engine& engine = EngineOf(context);
    const ForwardDesc described = Describe(context, forward, shape);
    OneDnnConstants constants = WeightedConstants(context, forward.weights.given(), described);
    if (constants.count(DNNL_ARG_BIAS) != 0) {
      constants[DNNL_ARG_BIAS] = MemoryOf(engine, RealBias(context));
    }
    AddParams(engine, DNNL_ARG_SRC, {input.scale()}, input.zero_point(), constants);
    AddParams(engine, DNNL_ARG_WEIGHTS, weights.scales, {}, constants);
    AddParams(engine, DNNL_ARG_DST, {output.scale()}, output.zero_point(), constants);
    return MakeForward(context, forward, shape, described, constants);
  });
}

std::unique_ptr<Kernel> PrepareDepthwiseConv2DFloat(const PrepareContext& context) {
  if (!IsCovered(context)) return nullptr;
  const DepthwiseConv2D& conv = *context.node->As<DepthwiseConv2D>();
  const ConvolutionShape shape = ShapeOf(context, conv.window);
  return PrepareForward(context, shape, DepthwiseWeights(shape.filter, shape.input[3]),
                        conv.activation);
}

std::unique_ptr<Kernel> PrepareTransposeConv2DFloat(const PrepareContext& context) {
  if (!IsCovered(context)) return nullptr;
  return OrNull([&] { return PrepareBackward(context, *context.node->As<TransposeConv2D>()); });
}

}  // namespace qconvert
