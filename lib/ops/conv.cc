// CONV_2D and DEPTHWISE_CONV_2D, and ONNX's Conv.
#include "lib/kernels/conv.h"

#include <algorithm>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/kernels/window_places.h"
#include "lib/ops/activation.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"
#include "lib/ops/weighted_sum.h"
#include "lib/ops/window.h"

namespace qconvert {
namespace {

[[noreturn]] void FailOperands(const Tensor& input, const Tensor& weights) {
  Fail(ErrorKind::kUnusable, "weights of shape " + ToText(weights.shape) +
                                 " do not fit an input of shape " + ToText(input.shape));
}

/// The result's shape for filters of `filter_h` x `filter_w`.
void SetResult(const Tensor& input, const Window& window, int64_t filter_h, int64_t filter_w,
               int64_t channels, Tensor& output) {
  output.type = input.type;
  output.shape = {
      input.shape[0],
      OutputSize(AxisH(window, input.shape[1], filter_h), {window.pad_top, window.pad_bottom}),
      OutputSize(AxisW(window, input.shape[2], filter_w), {window.pad_left, window.pad_right}),
      channels};
}

void InferConv(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  const Tensor &input = RequireInput(inputs, 0), &weights = RequireInput(inputs, 1);
  const Shape& w = weights.shape;
  if (input.rank() != 4 || w.size() != 4 || w[3] < 1 || w[0] < 1 || input.shape[3] < 1 ||
      input.shape[3] % w[3] != 0 || w[0] % (input.shape[3] / w[3]) != 0) {
    FailOperands(input, weights);
  }
  CheckWeighted(node, inputs, w[0]);
  SetResult(input, node.As<Conv2D>()->window, w[1], w[2], w[0], outputs[0]);
}

void InferDepthwise(const Node& node, std::span<const Tensor* const> inputs,
                    std::span<Tensor> outputs) {
  const Tensor &input = RequireInput(inputs, 0), &weights = RequireInput(inputs, 1);
  const Shape& w = weights.shape;
  if (input.rank() != 4 || w.size() != 4 || w[0] != 1 || input.shape[3] < 1 || w[3] < 1 ||
      w[3] % input.shape[3] != 0) {
    FailOperands(input, weights);
  }
  CheckWeighted(node, inputs, w[3]);
  SetResult(input, node.As<DepthwiseConv2D>()->window, w[1], w[2], w[3], outputs[0]);
}

/// Returns how many outputs there are.
size_t OutputsOf(const Conv2D&, const Shape& weights) { return static_cast<size_t>(weights[0]); }
size_t OutputsOf(const DepthwiseConv2D&, const Shape& weights) {
  return static_cast<size_t>(weights[3]);
}

/// Arithmetic is RealSums or StepSums.
template <typename Arithmetic>
void Convolve(const Conv2D& conv, const Arithmetic& arithmetic, TensorViews inputs,
              const TensorView& output) {
  using Element = typename Arithmetic::Element;
  const Shape& filter = inputs[1].shape();
  using Weight = typename Arithmetic::Weight;
  const Element* image = inputs[0].Values<Element>().data();
  const Weight* weights = inputs[1].Values<Weight>().data();
  Element* result = output.Values<Element>().data();
  const auto count = static_cast<size_t>(filter[0]), depth = static_cast<size_t>(filter[3]);
  const auto filter_taps = static_cast<size_t>(filter[1] * filter[2]);
  const auto channels = static_cast<size_t>(inputs[0].shape()[3]);
  const size_t group_outputs = count / (channels / depth);
  const auto visit = [&](size_t place, const Taps& taps) {
    for (size_t o = 0; o < count; ++o) {
      const Element* source = image + o / group_outputs * depth;
      typename Arithmetic::Sum sum = 0;
      taps.ForEach([&](size_t tap, size_t pixel) {
        sum += arithmetic.Dot(source + pixel * channels, weights + (o * filter_taps + tap) * depth,
                              depth, o);
      });
      result[place * count + o] = arithmetic.Finish(sum, o);
    }
  };
  ForEachPlace(conv.window, filter[1], filter[2], inputs[0].shape(), output.shape(), visit);
}

template <typename Arithmetic>
void Convolve(const DepthwiseConv2D& conv, const Arithmetic& arithmetic, TensorViews inputs,
              const TensorView& output) {
  using Element = typename Arithmetic::Element;
  const Shape& filter = inputs[1].shape();
  using Weight = typename Arithmetic::Weight;
  const Element* image = inputs[0].Values<Element>().data();
  const Weight* weights = inputs[1].Values<Weight>().data();
  Element* result = output.Values<Element>().data();
  const auto count = static_cast<size_t>(filter[3]);
  const auto channels = static_cast<size_t>(inputs[0].shape()[3]);
  const size_t multiplier = count / channels;
  std::vector<typename Arithmetic::Sum> sums(count);
  const auto visit = [&](size_t place, const Taps& taps) {
    std::fill(sums.begin(), sums.end(), 0);
    taps.ForEach([&](size_t tap, size_t pixel) {
      for (size_t o = 0; o < count; ++o) {
        sums[o] += arithmetic.Product(image[pixel * channels + o / multiplier],
                                      weights[tap * count + o], o);
      }
    });
    for (size_t o = 0; o < count; ++o) result[place * count + o] = arithmetic.Finish(sums[o], o);
  };
  ForEachPlace(conv.window, filter[1], filter[2], inputs[0].shape(), output.shape(), visit);
}

template <typename Kind>
void Evaluate(const Node& node, TensorViews inputs, TensorViews outputs) {
  const Kind& conv = *node.As<Kind>();
  const RealSums arithmetic(node, inputs, OutputsOf(conv, inputs[1].shape()));
  Convolve(conv, arithmetic, inputs, outputs[0]);
}

template <typename T, typename Kind>
void Reference(const Node& node, TensorViews inputs, TensorViews outputs) {
  const Kind& conv = *node.As<Kind>();
  const StepSums<T> arithmetic(node, inputs, outputs[0], OutputsOf(conv, inputs[1].shape()));
  Convolve(conv, arithmetic, inputs, outputs[0]);
}

/// Emits the NHWC convolution of a constant ONNX weight [O, I/g, KH, KW].
TensorId EmitConv(OnnxNode& onnx, TensorId input, TensorId weights, int64_t groups) {
  const Shape in = onnx.tensor(input).shape, w = onnx.tensor(weights).shape;
  if (groups < 1 || groups > in[3] || in[3] != w[1] * groups || w[0] % groups != 0) {
    Fail(ErrorKind::kUnusable, "weights of shape " + ToText(w) + " in " + std::to_string(groups) +
                                   " groups do not fit " + std::to_string(in[3]) + " channels");
  }
  const Window window = ReadWindow(onnx, in, w[2], w[3]);
  const bool depthwise = w[1] == 1 && groups == in[3] && groups > 1;
  std::vector<TensorId> operands{
      input, onnx.EmitTranspose(
                 weights, depthwise ? std::vector<int>{1, 2, 3, 0} : std::vector<int>{0, 2, 3, 1})};
  if (onnx.HasInput(2)) operands.push_back(onnx.Input(2));
  if (depthwise) return onnx.Emit(DepthwiseConv2D{window}, operands);
  return onnx.Emit(Conv2D{window}, operands);
}

void ReadConv(OnnxNode& onnx) {
  const bool flat = onnx.InputTensor(0).rank() == 3;
  TensorId weights = onnx.Input(1);
  const Tensor given = onnx.tensor(weights);
  if (!given.is_constant()) {
    onnx.Refuse("its weights are computed; TFLite's kernels want them constant");
  }
  if (given.rank() != onnx.InputTensor(0).rank()) {
    Fail(ErrorKind::kUnusable, "weights of shape " + ToText(given.shape));
  }
  const TensorId input = onnx.ToNhwc(onnx.Input(0));
  if (flat)
    weights = onnx.EmitReshape(weights, {given.shape[0], given.shape[1], 1, given.shape[2]});
  const TensorId nchw = onnx.ToNchw(EmitConv(onnx, input, weights, onnx.Int("group", 1)));
  const Shape out = onnx.tensor(nchw).shape;
  onnx.SetOutput(0, flat ? onnx.EmitReshape(nchw, {out[0], out[1], out[3]}) : nchw);
}

constexpr OnnxSpelling kConvOnnx[] = {{"Conv", 1, ReadConv}};

int ConvVersion(const TfliteWriteContext& context) {
  const Tensor& weights = context.Input(1);
  if (weights.type == ElementType::kInt4) return 7;
  const bool grouped = context.node().Is<Conv2D>() && weights.shape[3] != context.Input(0).shape[3];
  if (grouped) return 6;
  if (context.Input(0).type == ElementType::kInt16) return context.node().Is<Conv2D>() ? 4 : 5;
  if (context.Input(0).quant) return 3;
  if (weights.quant) return context.node().Is<Conv2D>() ? 5 : 6;  // dynamic, per channel
  const Window& window = context.node().Is<Conv2D>() ? context.node().As<Conv2D>()->window
                                                     : context.node().As<DepthwiseConv2D>()->window;
  const bool dilated = window.dilation_h != 1 || window.dilation_w != 1;
  return dilated && context.node().Is<DepthwiseConv2D>() ? 2 : 1;
}

void WriteConv(TfliteWriteContext& context) {
  const Conv2D& conv = *context.node().As<Conv2D>();
  const Shape& filter = context.Input(1).shape;
  const int padding = ToTflitePadding(conv.window, context.Input(0).shape, filter[1], filter[2]);
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_Conv2DOptions,
                     tflite::CreateConv2DOptions(
                         builder, static_cast<tflite::Padding>(padding), conv.window.stride_w,
                         conv.window.stride_h,
                         static_cast<tflite::ActivationFunctionType>(ToTflite(conv.activation)),
                         conv.window.dilation_w, conv.window.dilation_h)
                         .o);
}

void WriteDepthwise(TfliteWriteContext& context) {
  const DepthwiseConv2D& conv = *context.node().As<DepthwiseConv2D>();
  const Shape& filter = context.Input(1).shape;
  const int padding = ToTflitePadding(conv.window, context.Input(0).shape, filter[1], filter[2]);
  const auto multiplier = static_cast<int32_t>(filter[3] / context.Input(0).shape[3]);
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_DepthwiseConv2DOptions,
                     tflite::CreateDepthwiseConv2DOptions(
                         builder, static_cast<tflite::Padding>(padding), conv.window.stride_w,
                         conv.window.stride_h, multiplier,
                         static_cast<tflite::ActivationFunctionType>(ToTflite(conv.activation)),
                         conv.window.dilation_w, conv.window.dilation_h)
                         .o);
}

template <typename Kind, typename Options, int kType>
Operator ReadTflite(TfliteReadContext& context) {
  const auto* options = static_cast<const Options*>(context.Options(kType));
  if (options == nullptr) context.Refuse("it has no options");
  const Shape &in = context.Input(0).shape, &filter = context.Input(1).shape;
  if (in.size() != 4 || filter.size() != 4) context.Refuse("operands that are not of rank 4");
  Kind conv;
  conv.window.stride_h = options->stride_h();
  conv.window.stride_w = options->stride_w();
  conv.window.dilation_h = options->dilation_h_factor();
  conv.window.dilation_w = options->dilation_w_factor();
  SetTflitePadding(conv.window, options->padding(), in, filter[1], filter[2]);
  conv.activation = ActivationFromTflite(options->fused_activation_function());
  return conv;
}

}  // namespace

constinit const Op kConv2D = {
    .name = Conv2D::kName,
    .onnx = kConvOnnx,
    .operands = {2, 3},
    .infer = InferConv,
    .evaluate = Evaluate<Conv2D>,
    .backward = Conv2DBackward,
    .quant = {.operands = {Calibrated(), Weight(0), Bias()}, .result = Calibrated()},
    .dynamic = {.scales = DynamicRule::kSample, .in_xnnpack = true},
    .int4_weights = true,
    .scale_rule = WeightedScaleRule,
    .reference_int8 = Reference<int8_t, Conv2D>,
    .reference_int16 = Reference<int16_t, Conv2D>,
    .prepare_float = PrepareConv2DFloat,
    .prepare_int8 = PrepareConv2DInt8,
    .prepare_int16 = PrepareConv2DInt16,
    .multiply_adds = WeightedMultiplyAdds,
    .tflite = {
        .code = tflite::BuiltinOperator_CONV_2D,
        .runtimes = "1.5.0 1.14.0 1.14.0 2.3.0 2.4.0 2.9.0 2.11.0",
        .version = ConvVersion,
        .write = WriteConv,
        .read = ReadTflite<Conv2D, tflite::Conv2DOptions, tflite::BuiltinOptions_Conv2DOptions>}};

constinit const Op kDepthwiseConv2D = {
    .name = DepthwiseConv2D::kName,
    .operands = {2, 3},
    .infer = InferDepthwise,
    .evaluate = Evaluate<DepthwiseConv2D>,
    .backward = DepthwiseConv2DBackward,
    .quant = {.operands = {Calibrated(), Weight(3), Bias()}, .result = Calibrated()},
    .dynamic = {.scales = DynamicRule::kSample},
    .int4_weights = true,
    .scale_rule = WeightedScaleRule,
    .reference_int8 = Reference<int8_t, DepthwiseConv2D>,
    .reference_int16 = Reference<int16_t, DepthwiseConv2D>,
    .prepare_float = PrepareDepthwiseConv2DFloat,
    .prepare_int8 = PrepareDepthwiseConv2DInt8,
    .prepare_int16 = PrepareDepthwiseConv2DInt16,
    .multiply_adds = WeightedMultiplyAdds,
    .tflite = {.code = tflite::BuiltinOperator_DEPTHWISE_CONV_2D,
               .runtimes = "1.5.0 1.12.0 1.14.0 2.2.0 2.3.0 2.3.0 2.11.0",
               .version = ConvVersion,
               .write = WriteDepthwise,
               .read = ReadTflite<DepthwiseConv2D, tflite::DepthwiseConv2DOptions,
                                  tflite::BuiltinOptions_DepthwiseConv2DOptions>}};

}  // namespace qconvert
