// TRANSPOSE_CONV, and ONNX's ConvTranspose.
#include <algorithm>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/math/fixed_point.h"
#include "lib/math/quantize.h"
#include "lib/ops/activation.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/records.h"
#include "lib/ops/window.h"

namespace qconvert {
namespace {

void InferTransposeConv(const Node& node, std::span<const Tensor* const> inputs,
                        std::span<Tensor> outputs) {
  const TransposeConv2D& conv = *node.As<TransposeConv2D>();
  const Tensor &input = RequireInput(inputs, 0), &weights = RequireInput(inputs, 1);
  if (input.rank() != 4 || weights.rank() != 4 || weights.shape[3] != input.shape[3] ||
      conv.output_h < 1 || conv.output_w < 1) {
    Fail(ErrorKind::kUnusable, "weights of shape " + ToText(weights.shape) +
                                   " do not fit an input of shape " + ToText(input.shape));
  }
  if (input.is_float() != weights.is_float()) {
    Fail(ErrorKind::kUnsupported, "float input with integer weights (dynamic-range quantization)");
  }
  if (inputs.size() > 2 && inputs[2] != nullptr && inputs[2]->elements() != weights.shape[0]) {
    Fail(ErrorKind::kUnusable, "a bias of shape " + ToText(inputs[2]->shape));
  }
  outputs[0].type = input.type;
  outputs[0].shape = {input.shape[0], conv.output_h, conv.output_w, weights.shape[0]};
}

/// Scatters every input pixel over the result: calls add(result index, input value, weight).
template <typename T, typename Add>
void Scatter(const Node& node, TensorViews inputs, const TensorView& output, Add add) {
  const Window& window = node.As<TransposeConv2D>()->window;
  const Shape &in = inputs[0].shape(), &w = inputs[1].shape(), &out = output.shape();
  const T* pixel = inputs[0].Values<T>().data();
  const T* weights = inputs[1].Values<T>().data();
  for (int64_t i = 0; i < in[0] * in[1] * in[2]; ++i, pixel += in[3]) {
    const int64_t n = i / (in[1] * in[2]);
    const int64_t top = i / in[2] % in[1] * window.stride_h - window.pad_top;
    const int64_t left = i % in[2] * window.stride_w - window.pad_left;
    for (int64_t k = 0; k < w[0] * w[1] * w[2]; ++k) {
      const int64_t o = k / (w[1] * w[2]), y = top + k / w[2] % w[1], x = left + k % w[2];
      if (y < 0 || y >= out[1] || x < 0 || x >= out[2]) continue;
      const auto at = static_cast<size_t>(((n * out[1] + y) * out[2] + x) * out[3] + o);
      for (int64_t c = 0; c < in[3]; ++c) add(at, pixel[c], weights[k * in[3] + c]);
    }
  }
}

void EvaluateTransposeConv(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto result = outputs[0].Values<float>();
  std::vector<double> sums(result.size(), 0);
  Scatter<float>(node, inputs, outputs[0], [&](size_t at, float x, float w) {
    sums[at] += static_cast<double>(x) * static_cast<double>(w);
  });
  const auto channels = static_cast<size_t>(outputs[0].shape()[3]);
  const Range ends = ActivationRange(node.As<TransposeConv2D>()->activation);
  for (size_t i = 0; i < sums.size(); ++i) {
    if (inputs.size() > 2 && inputs[2]) {
      sums[i] += static_cast<double>(inputs[2].Values<float>()[i % channels]);
    }
    result[i] = std::clamp(static_cast<float>(sums[i]), ends.min, ends.max);
  }
}

void TransposeConvInt8(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto result = outputs[0].Values<int8_t>();
  const int32_t zero_point = inputs[0].quant().zero_point();
  const QuantParams& weights = inputs[1].quant();
  std::vector<int32_t> sums(result.size(), 0);
  Scatter<int8_t>(node, inputs, outputs[0],
                  [&](size_t at, int32_t x, int32_t w) { sums[at] += (x - zero_point) * w; });
  const AffineParams to = LayerParams(outputs[0]);
  std::vector<FixedMultiplier> multipliers;
  for (float scale : weights.scales) {
    multipliers.push_back(QuantizeMultiplier(static_cast<double>(inputs[0].quant().scale()) *
                                             static_cast<double>(scale) /
                                             static_cast<double>(to.scale)));
  }
  const Range ends = ActivationRange(node.As<TransposeConv2D>()->activation);
  const IntegerLimits limits = ClampedLimits(ends.min, ends.max, to, kInt8Limits);
  const auto channels = static_cast<size_t>(outputs[0].shape()[3]);
  for (size_t i = 0; i < sums.size(); ++i) {
    const size_t c = i % channels;
    if (inputs.size() > 2 && inputs[2]) sums[i] += inputs[2].Values<int32_t>()[c];
    const int32_t steps =
        Multiply(sums[i], multipliers[multipliers.size() == 1 ? 0 : c]) + to.zero_point;
    result[i] = static_cast<int8_t>(std::clamp(steps, limits.min, limits.max));
  }
}

/// Returns entry `axis` (0: H, 1: W) of an ONNX list.
int Entry(const std::vector<int64_t>& list, size_t axis, int otherwise) {
  if (list.empty()) return otherwise;
  if (list.size() <= axis || list[axis] < 0 || list[axis] > (1 << 20)) {
    Fail(ErrorKind::kUnusable, "an attribute that does not fit the input");
  }
  return static_cast<int>(list[axis]);
}

struct TransposedAxis {
  int output = 0;
  AxisPads pads;
};

/// Resolves output size and pads of one axis (ONNX's formula of ConvTranspose).
TransposedAxis ReadAxis(const OnnxNode& onnx, size_t axis, int64_t input, int64_t filter,
                        int stride) {
  const int extra = Entry(onnx.Ints("output_padding"), axis, 0);
  const auto full = static_cast<int>((input - 1) * stride + filter + extra);
  const std::string mode = onnx.String("auto_pad", "NOTSET");
  const std::vector<int64_t> sizes = onnx.Ints("output_shape"), pads = onnx.Ints("pads");
  TransposedAxis result;
  if (!sizes.empty() || mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    result.output =
        sizes.empty() ? static_cast<int>(input) * stride : Entry(sizes, sizes.size() - 2 + axis, 0);
    const int total = std::max(full - result.output, 0);
    result.pads = {total / 2, total - total / 2};
    if (mode == "SAME_LOWER" || mode == "NOTSET") std::swap(result.pads.before, result.pads.after);
    return result;
  }
  if (mode == "NOTSET" && !pads.empty())
    result.pads = {Entry(pads, axis, 0), Entry(pads, axis + 2, 0)};
  result.output = full - result.pads.before - result.pads.after;
  return result;
}

void ReadConvTranspose(OnnxNode& onnx) {
  if (onnx.InputTensor(0).rank() != 4)
    onnx.Refuse("only 2-D transposed convolutions are supported");
  if (onnx.Int("group", 1) != 1) {
    onnx.Refuse("TFLite's transposed convolution has no groups; split it by channels");
  }
  for (int64_t dilation : onnx.Ints("dilations")) {
    if (dilation != 1) onnx.Refuse("TFLite's transposed convolution has no dilation");
  }
  const Tensor weights = onnx.InputTensor(1);
  if (!weights.is_constant() || weights.rank() != 4) onnx.Refuse("its weights must be constant");
  const TensorId input = onnx.ToNhwc(onnx.Input(0));
  const Shape in = onnx.tensor(input).shape;
  TransposeConv2D conv;
  conv.window.stride_h = Entry(onnx.Ints("strides"), 0, 1);
  conv.window.stride_w = Entry(onnx.Ints("strides"), 1, 1);
  const TransposedAxis h = ReadAxis(onnx, 0, in[1], weights.shape[2], conv.window.stride_h);
  const TransposedAxis w = ReadAxis(onnx, 1, in[2], weights.shape[3], conv.window.stride_w);
  conv.output_h = h.output;
  conv.output_w = w.output;
  conv.window.pad_top = h.pads.before;
  conv.window.pad_bottom = h.pads.after;
  conv.window.pad_left = w.pads.before;
  conv.window.pad_right = w.pads.after;
  std::vector<TensorId> operands{input, onnx.EmitTranspose(onnx.Input(1), {1, 2, 3, 0})};
  if (onnx.HasInput(2)) operands.push_back(onnx.Input(2));
  onnx.SetOutput(0, onnx.ToNchw(onnx.Emit(conv, operands)));
}

constexpr OnnxSpelling kOnnx[] = {{"ConvTranspose", 1, ReadConvTranspose}};

int Version(const TfliteWriteContext& context) {
  if (context.node().As<TransposeConv2D>()->activation != Activation::kNone) return 4;
  if (context.node().has_input(2)) return 3;
  return Int8Version2(context);
}

/// The pads that the kernel derives from the output as the input of a forward convolution.
Window ForwardWindow(const Window& window, const Shape& output, const Shape& filter, int padding) {
  Window forward;
  forward.stride_h = window.stride_h;
  forward.stride_w = window.stride_w;
  SetTflitePadding(forward, padding, output, filter[1], filter[2]);
  return forward;
}

/// TFLite's operands are output_shape, weights, input, [bias].
void Write(TfliteWriteContext& context) {
  const TransposeConv2D& conv = *context.node().As<TransposeConv2D>();
  const Window same = ForwardWindow(conv.window, context.Output(0).shape, context.Input(1).shape,
                                    tflite::Padding_SAME);
  const bool is_same = same.pad_top == conv.window.pad_top && same.pad_left == conv.window.pad_left;
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_TransposeConvOptions,
                     tflite::CreateTransposeConvOptions(
                         builder, is_same ? tflite::Padding_SAME : tflite::Padding_VALID,
                         conv.window.stride_w, conv.window.stride_h,
                         static_cast<tflite::ActivationFunctionType>(ToTflite(conv.activation)))
                         .o);
  context.SwapOperands(0, 1);
  const Shape& output = context.Output(0).shape;
  context.InsertConstant(0, {4}, output);
}

Operator Read(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::TransposeConvOptions*>(
      context.Options(tflite::BuiltinOptions_TransposeConvOptions));
  const std::vector<int64_t> output = context.TakeInts(0);
  const Shape& filter = context.Input(1).shape;
  if (options == nullptr || output.size() != 4 || filter.size() != 4) {
    context.Refuse("a damaged transposed convolution");
  }
  context.SwapOperands(1, 2);
  TransposeConv2D conv;
  conv.window.stride_h = options->stride_h();
  conv.window.stride_w = options->stride_w();
  conv.window = ForwardWindow(conv.window, output, filter, options->padding());
  conv.output_h = static_cast<int>(output[1]);
  conv.output_w = static_cast<int>(output[2]);
  conv.activation = ActivationFromTflite(options->fused_activation_function());
  return conv;
}

}  // namespace

constinit const Op kTransposeConv2D = {
    .name = TransposeConv2D::kName,
    .onnx = kOnnx,
    .infer = InferTransposeConv,
    .evaluate = EvaluateTransposeConv,
    .quant = {.operands = {Calibrated(), Weight(0), Bias()}, .result = Calibrated()},
    .reference_int8 = TransposeConvInt8,
    .tflite = {.code = tflite::BuiltinOperator_TRANSPOSE_CONV,
               .version = Version,
               .write = Write,
               .read = Read}};

}  // namespace qconvert
