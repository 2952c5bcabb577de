// CONV_2D and DEPTHWISE_CONV_2D, and ONNX's Conv.
#include <algorithm>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/math/fixed_point.h"
#include "lib/math/quantize.h"
#include "lib/ops/activation.h"
#include "lib/ops/conv_kernels.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/records.h"
#include "lib/ops/window.h"

namespace qconvert {
namespace {

[[noreturn]] void FailOperands(const Tensor& input, const Tensor& weights) {
  Fail(ErrorKind::kUnusable, "weights of shape " + ToText(weights.shape) +
                                 " do not fit an input of shape " + ToText(input.shape));
}

void CheckBias(std::span<const Tensor* const> inputs, int64_t channels) {
  if (inputs.size() < 3 || inputs[2] == nullptr) return;
  if (inputs[2]->elements() != channels) {
    Fail(ErrorKind::kUnusable, "a bias of shape " + ToText(inputs[2]->shape) + " for " +
                                   std::to_string(channels) + " channels");
  }
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

/// Float arithmetic takes float weights: a hybrid kernel would quantize the input on its way.
void CheckTypes(const Tensor& input, const Tensor& weights) {
  if (input.is_float() == weights.is_float()) return;
  Fail(ErrorKind::kUnsupported, "it mixes " + std::string(ElementTypeName(input.type)) +
                                    " input with " + std::string(ElementTypeName(weights.type)) +
                                    " weights (dynamic-range quantization)");
}

void InferConv(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  const Tensor &input = RequireInput(inputs, 0), &weights = RequireInput(inputs, 1);
  const Shape& w = weights.shape;
  if (input.rank() != 4 || w.size() != 4 || w[3] < 1 || w[0] < 1 || input.shape[3] % w[3] != 0 ||
      w[0] % (input.shape[3] / w[3]) != 0) {
    FailOperands(input, weights);
  }
  CheckTypes(input, weights);
  CheckBias(inputs, w[0]);
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
  CheckTypes(input, weights);
  CheckBias(inputs, w[3]);
  SetResult(input, node.As<DepthwiseConv2D>()->window, w[1], w[2], w[3], outputs[0]);
}

/// One filter of one group: where it reads its weights.
struct Filter {
  int64_t first_channel;  // of the input
  int64_t channels;       // of the input
  int64_t offset;         // of the weight at [0, 0, 0]
  int64_t stride_h, stride_w, stride_c;
};

Filter FilterOf(const Conv2D&, const Shape& input, const Shape& weights, int64_t o) {
  const int64_t depth = weights[3], groups = input[3] / depth, group = o / (weights[0] / groups);
  return {group * depth, depth, o * weights[1] * weights[2] * depth, weights[2] * depth, depth, 1};
}

Filter FilterOf(const DepthwiseConv2D&, const Shape& input, const Shape& weights, int64_t o) {
  return {o / (weights[3] / input[3]), 1, o, weights[2] * weights[3], weights[3], 1};
}

/// Returns the sum of input x weight over one window; padding adds nothing.
template <typename Sum, typename In, typename W, typename Multiply>
Sum SumWindow(const In* input, const Shape& in, const W* weights, const Shape& filter_shape,
              const Window& window, const Filter& filter, int64_t n, int64_t y, int64_t x,
              Multiply multiply) {
  Sum sum = 0;
  for (int64_t kh = 0; kh < filter_shape[1]; ++kh) {
    const int64_t in_y = y * window.stride_h - window.pad_top + kh * window.dilation_h;
    if (in_y < 0 || in_y >= in[1]) continue;
    for (int64_t kw = 0; kw < filter_shape[2]; ++kw) {
      const int64_t in_x = x * window.stride_w - window.pad_left + kw * window.dilation_w;
      if (in_x < 0 || in_x >= in[2]) continue;
      const In* pixel = input + ((n * in[1] + in_y) * in[2] + in_x) * in[3] + filter.first_channel;
      const W* weight = weights + filter.offset + kh * filter.stride_h + kw * filter.stride_w;
      for (int64_t c = 0; c < filter.channels; ++c) {
        sum += multiply(pixel[c], weight[c * filter.stride_c]);
      }
    }
  }
  return sum;
}

/// Calls visit(i, n, y, x, o) for every element of the result.
template <typename Visit>
void ForEachOutput(const Shape& out, Visit visit) {
  size_t i = 0;
  for (int64_t n = 0; n < out[0]; ++n) {
    for (int64_t y = 0; y < out[1]; ++y) {
      for (int64_t x = 0; x < out[2]; ++x) {
        for (int64_t o = 0; o < out[3]; ++o) visit(i++, n, y, x, o);
      }
    }
  }
}

template <typename Kind>
void Evaluate(const Node& node, TensorViews inputs, TensorViews outputs) {
  const Kind& conv = *node.As<Kind>();
  const Shape &in = inputs[0].shape(), &filter = inputs[1].shape();
  const float* input = inputs[0].Values<float>().data();
  const float* weights = inputs[1].Values<float>().data();
  const bool has_bias = inputs.size() > 2 && inputs[2];
  const auto result = outputs[0].Values<float>();
  const Range ends = ActivationRange(conv.activation);
  ForEachOutput(outputs[0].shape(), [&](size_t i, int64_t n, int64_t y, int64_t x, int64_t o) {
    double sum = SumWindow<double>(
        input, in, weights, filter, conv.window, FilterOf(conv, in, filter, o), n, y, x,
        [](float a, float b) { return static_cast<double>(a) * static_cast<double>(b); });
    if (has_bias) sum += static_cast<double>(inputs[2].Values<float>()[static_cast<size_t>(o)]);
    result[i] = std::clamp(static_cast<float>(sum), ends.min, ends.max);
  });
}

std::vector<FixedMultiplier> Multipliers(TensorViews inputs, const TensorView& output) {
  const QuantParams& weights = inputs[1].quant();
  std::vector<FixedMultiplier> multipliers;
  for (float scale : weights.scales) {
    multipliers.push_back(QuantizeMultiplier(static_cast<double>(inputs[0].quant().scale()) *
                                             static_cast<double>(scale) /
                                             static_cast<double>(output.quant().scale())));
  }
  return multipliers;
}

template <typename Kind>
void ReferenceInt8(const Node& node, TensorViews inputs, TensorViews outputs) {
  const Kind& conv = *node.As<Kind>();
  const Shape &in = inputs[0].shape(), &filter = inputs[1].shape();
  const int8_t* input = inputs[0].Values<int8_t>().data();
  const int8_t* weights = inputs[1].Values<int8_t>().data();
  const bool has_bias = inputs.size() > 2 && inputs[2];
  const auto result = outputs[0].Values<int8_t>();
  const AffineParams to = LayerParams(outputs[0]);
  const std::vector<FixedMultiplier> multipliers = Multipliers(inputs, outputs[0]);
  const std::vector<int32_t>& zero_points = inputs[1].quant().zero_points;
  const Range ends = ActivationRange(conv.activation);
  const IntegerLimits limits = ClampedLimits(ends.min, ends.max, to, kInt8Limits);
  const int32_t zero_point = inputs[0].quant().zero_point();
  ForEachOutput(outputs[0].shape(), [&](size_t i, int64_t n, int64_t y, int64_t x, int64_t o) {
    const size_t channel = multipliers.size() == 1 ? 0 : static_cast<size_t>(o);
    const int32_t weight_zero = zero_points[channel];  // 0 but for the asymmetric extension
    int32_t sum = SumWindow<int32_t>(
        input, in, weights, filter, conv.window, FilterOf(conv, in, filter, o), n, y, x,
        [&](int32_t a, int32_t b) { return (a - zero_point) * (b - weight_zero); });
    if (has_bias) sum += inputs[2].Values<int32_t>()[static_cast<size_t>(o)];
    const int32_t steps = Multiply(sum, multipliers[channel]) + to.zero_point;
    result[i] = static_cast<int8_t>(std::clamp(steps, limits.min, limits.max));
  });
}

/// Emits the NHWC convolution of a constant ONNX weight [O, I/g, KH, KW].
TensorId EmitConv(OnnxNode& onnx, TensorId input, TensorId weights, int64_t groups) {
  const Shape in = onnx.tensor(input).shape, w = onnx.tensor(weights).shape;
  if (groups < 1 || in[3] != w[1] * groups || w[0] % groups != 0) {
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
  if (context.Input(0).quant) return 3;
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
    .infer = InferConv,
    .evaluate = Evaluate<Conv2D>,
    .quant = {.operands = {Calibrated(), Weight(0), Bias()}, .result = Calibrated()},
    .reference_int8 = ReferenceInt8<Conv2D>,
    .prepare_float = PrepareConv2DFloat,
    .prepare_int8 = PrepareConv2DInt8,
    .tflite = {
        .code = tflite::BuiltinOperator_CONV_2D,
        .version = ConvVersion,
        .write = WriteConv,
        .read = ReadTflite<Conv2D, tflite::Conv2DOptions, tflite::BuiltinOptions_Conv2DOptions>}};

constinit const Op kDepthwiseConv2D = {
    .name = DepthwiseConv2D::kName,
    .infer = InferDepthwise,
    .evaluate = Evaluate<DepthwiseConv2D>,
    .quant = {.operands = {Calibrated(), Weight(3), Bias()}, .result = Calibrated()},
    .reference_int8 = ReferenceInt8<DepthwiseConv2D>,
    .prepare_float = PrepareDepthwiseConv2DFloat,
    .prepare_int8 = PrepareDepthwiseConv2DInt8,
    .tflite = {.code = tflite::BuiltinOperator_DEPTHWISE_CONV_2D,
               .version = ConvVersion,
               .write = WriteDepthwise,
               .read = ReadTflite<DepthwiseConv2D, tflite::DepthwiseConv2DOptions,
                                  tflite::BuiltinOptions_DepthwiseConv2DOptions>}};

}  // namespace qconvert
