// Float convolutions by oneDNN: activations stay NHWC, weights are repacked once.
#include "lib/ops/conv_kernels.h"

#include "lib/base/error.h"
#include "lib/ops/onednn.h"

namespace qconvert {
namespace {

using dnnl::memory;
constexpr auto kF32 = memory::data_type::f32;

/// Weights as oneDNN names their axes: [groups, O/groups, I/groups, KH, KW].
struct Weights {
  memory::dims dims, strides;
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

std::unique_ptr<Kernel> PrepareFloat(const PrepareContext& context, const Window& window,
                                     const Weights& weights, Activation activation) {
  const dnnl::engine& engine = EngineOf(context);
  const memory::desc source = NhwcDesc(context.inputs[0]->shape, kF32);
  const memory::desc target = NhwcDesc(context.outputs[0]->shape, kF32);
  const memory::desc given(weights.dims, kF32, weights.strides);
  const memory::desc wanted(weights.dims, kF32, memory::format_tag::any);
  const bool has_bias = context.inputs.size() > 2 && context.inputs[2] != nullptr;
  const memory::desc bias =
      has_bias ? memory::desc({context.outputs[0]->shape[3]}, kF32, memory::format_tag::x)
               : memory::desc();
  dnnl::primitive_attr attributes = MakeAttributes();
  dnnl::post_ops post_ops;
  AppendActivation(post_ops, activation);
  attributes.set_post_ops(post_ops);
  const dnnl::convolution_forward::primitive_desc primitive(
      engine, dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source,
      wanted, bias, target, {window.stride_h, window.stride_w},
      {window.dilation_h - 1, window.dilation_w - 1}, {window.pad_top, window.pad_left},
      {window.pad_bottom, window.pad_right}, attributes);
  std::unordered_map<int, memory> constants;
  constants[DNNL_ARG_WEIGHTS] =
      Reordered(engine, given, context.inputs[1]->constant->bytes.data(), primitive.weights_desc());
  if (has_bias) {
    constants[DNNL_ARG_BIAS] =
        memory(bias, engine, const_cast<std::byte*>(context.inputs[2]->constant->bytes.data()));
  }
  return std::make_unique<OneDnnKernel>(engine, dnnl::convolution_forward(primitive),
                                        primitive.impl_info_str(), primitive.scratchpad_desc(),
                                        std::vector<OneDnnOperand>{{DNNL_ARG_SRC, source}},
                                        OneDnnOperand{DNNL_ARG_DST, target}, std::move(constants));
}

/// Weights behind a DEQUANTIZE are computed at run time, so they cannot be repacked here.
bool HasConstantWeights(const PrepareContext& context) {
  const bool bias =
      context.inputs.size() < 3 || context.inputs[2] == nullptr || context.inputs[2]->is_constant();
  return context.inputs[1]->is_constant() && bias;
}

}  // namespace

std::unique_ptr<Kernel> PrepareConv2DFloat(const PrepareContext& context) {
  if (!HasConstantWeights(context)) return nullptr;
  const Conv2D& conv = *context.node->As<Conv2D>();
  const Shape& shape = context.inputs[1]->shape;
  const int64_t groups = context.inputs[0]->shape[3] / shape[3];
  return OrNull([&] {
    return PrepareFloat(context, conv.window, DenseWeights(shape, groups), conv.activation);
  });
}

std::unique_ptr<Kernel> PrepareDepthwiseConv2DFloat(const PrepareContext& context) {
  if (!HasConstantWeights(context)) return nullptr;
  const DepthwiseConv2D& conv = *context.node->As<DepthwiseConv2D>();
  const int64_t groups = context.inputs[0]->shape[3];
  return OrNull([&] {
    return PrepareFloat(context, conv.window, DepthwiseWeights(context.inputs[1]->shape, groups),
                        conv.activation);
  });
}

}  // namespace qconvert
