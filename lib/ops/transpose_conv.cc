// TRANSPOSE_CONV, and ONNX's ConvTranspose.
#include <algorithm>
#include <climits>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/check.h"
#include "lib/base/error.h"
#include "lib/kernels/conv.h"
#include "lib/kernels/window_places.h"
#include "lib/ops/activation.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"
#include "lib/ops/weighted_sum.h"
#include "lib/ops/window.h"

namespace qconvert {
namespace {

/// oneDNN's kernels count bytes up to the last pixel, whatever is cropped.
constexpr int kMostStride = 1 << 15;
constexpr double kMostUncropped = 1 << 29;

void InferTransposeConv(const Node& node, std::span<const Tensor* const> inputs,
                        std::span<Tensor> outputs) {
  const TransposeConv2D& conv = *node.As<TransposeConv2D>();
  const Tensor &input = RequireInput(inputs, 0), &weights = RequireInput(inputs, 1);
  if (input.rank() != 4 || weights.rank() != 4 || weights.shape[3] != input.shape[3] ||
      conv.output_h < 1 || conv.output_w < 1) {
    Fail(ErrorKind::kUnusable, "weights of shape " + ToText(weights.shape) +
                                   " do not fit an input of shape " + ToText(input.shape));
  }
  if (conv.window.stride_h < 1 || conv.window.stride_w < 1) {
    Fail(ErrorKind::kUnusable, "a stride below 1");
  }
  const Window& window = conv.window;
  const auto side = [&](size_t axis, int64_t stride) {
    return static_cast<double>((input.shape[axis] - 1) * stride + weights.shape[axis]);
  };
  if (std::max(window.stride_h, window.stride_w) > kMostStride ||
      side(1, window.stride_h) * side(2, window.stride_w) > kMostUncropped) {
    Fail(ErrorKind::kUnusable, "its strides lead too far beyond the result");
  }
  CheckWeighted(node, inputs, weights.shape[0]);
  outputs[0].type = input.type;
  outputs[0].shape = {input.shape[0], conv.output_h, conv.output_w, weights.shape[0]};
}

/// Scatters every pixel over the result: the forward convolution from the result back to the
/// operand says which pixels meet. Arithmetic is RealSums or StepSums.
template <typename Arithmetic>
void Scatter(const Arithmetic& arithmetic, const Node& node, TensorViews inputs,
             const TensorView& output) {
  using Element = typename Arithmetic::Element;
  const Shape& filter = inputs[1].shape();
  const Element* image = inputs[0].Values<Element>().data();
  const auto* weights = inputs[1].Values<typename Arithmetic::Weight>().data();
  const auto result = output.Values<Element>();
  const auto count = static_cast<size_t>(filter[0]), depth = static_cast<size_t>(filter[3]);
  const auto filter_taps = static_cast<size_t>(filter[1] * filter[2]);
  std::vector<typename Arithmetic::Sum> sums(result.size(), 0);
  const auto visit = [&](size_t place, const Taps& taps) {
    taps.ForEach([&](size_t tap, size_t pixel) {
      for (size_t o = 0; o < count; ++o) {
        sums[pixel * count + o] += arithmetic.Dot(
            image + place * depth, weights + (o * filter_taps + tap) * depth, depth, o);
      }
    });
  };
  ForEachPlace(node.As<TransposeConv2D>()->window, filter[1], filter[2], output.shape(),
               inputs[0].shape(), visit);
  for (size_t i = 0; i < sums.size(); ++i) result[i] = arithmetic.Finish(sums[i], i % count);
}

void EvaluateTransposeConv(const Node& node, TensorViews inputs, TensorViews outputs) {
  const RealSums arithmetic(node, inputs, static_cast<size_t>(inputs[1].shape()[0]));
  Scatter(arithmetic, node, inputs, outputs[0]);
}

template <typename T>
void Reference(const Node& node, TensorViews inputs, TensorViews outputs) {
  const StepSums<T> arithmetic(node, inputs, outputs[0], static_cast<size_t>(inputs[1].shape()[0]));
  Scatter(arithmetic, node, inputs, outputs[0]);
}

/// Returns the number for an axis (0: H, 1: W) of an ONNX list; in 1-D there is no H.
int Entry(const OnnxNode& onnx, const std::vector<int64_t>& list, size_t axis, int otherwise) {
  const size_t spatial = onnx.InputTensor(0).rank() - 2;
  if (list.empty() || (spatial == 1 && axis == 0)) return otherwise;
  if (list.size() < spatial) Fail(ErrorKind::kUnusable, "an attribute does not fit the input");
  const int64_t value = list[list.size() - 2 + axis];
  if (value < 0 || value > (1 << 20)) {
    Fail(ErrorKind::kUnusable, "an attribute of " + std::to_string(value));
  }
  return static_cast<int>(value);
}

struct TransposedAxis {
  int64_t output = 0;
  AxisPads pads;  ///< what is cropped of the full result; after may be negative
};

/// Returns how much ONNX crops in front when the size of the result is given.
int64_t CropBefore(const std::string& mode, int64_t total) {
  return mode == "SAME_UPPER" ? total / 2 : total - total / 2;
}

/// Resolves the size of the result and the pads of one axis (ONNX's formula of ConvTranspose).
TransposedAxis ReadAxis(const OnnxNode& onnx, size_t axis, int64_t input, int64_t filter,
                        int stride) {
  const std::string mode = onnx.String("auto_pad", "NOTSET");
  const std::vector<int64_t> sizes = onnx.Ints("output_shape"), pads = onnx.Ints("pads");
  const int extra = Entry(onnx, onnx.Ints("output_padding"), axis, 0);
  const int64_t full = (input - 1) * stride + filter;
  int64_t output = full + extra, before = 0;
  if (!sizes.empty() || mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    output = sizes.empty() ? input * stride : Entry(onnx, sizes, axis, 1);
    before = CropBefore(mode, std::max<int64_t>(full + extra - output, 0));
  } else if (mode == "NOTSET" && !pads.empty()) {
    const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2);
    before = Entry(onnx, {pads.begin(), middle}, axis, 0);
    output -= before + Entry(onnx, {middle, pads.end()}, axis, 0);
  }
  if (output < 1 || output > INT_MAX || full > INT_MAX) {
    Fail(ErrorKind::kUnusable, "a result of " + std::to_string(output) + " pixels");
  }
  return {output, {static_cast<int>(before), static_cast<int>(full - output - before)}};
}

void RefuseUnknownForms(OnnxNode& onnx) {
  for (int64_t dilation : onnx.Ints("dilations")) {
    if (dilation != 1) onnx.Refuse("TFLite's transposed convolution has no dilation");
  }
  if (!onnx.InputTensor(1).is_constant()) onnx.Refuse("its weights are computed");
}

/// Returns the weights [O,KH,KW,I] from ONNX's [I,O,KH,KW], or [I,O,KW] in 1-D.
TensorId ReadWeights(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(1).shape;
  if (shape.size() != onnx.InputTensor(0).rank()) {
    Fail(ErrorKind::kUnusable, "weights of shape " + ToText(shape));
  }
  const TensorId weights = shape.size() == 3
                               ? onnx.EmitReshape(onnx.Input(1), {shape[0], shape[1], 1, shape[2]})
                               : onnx.Input(1);
  return onnx.EmitTranspose(weights, {1, 2, 3, 0});
}

/// Returns the convolution with its window; `in` and `filter` are [N,H,W,I] and [O,KH,KW,I].
TransposeConv2D ReadForm(const OnnxNode& onnx, const Shape& in, const Shape& filter) {
  TransposeConv2D conv;
  Window& window = conv.window;
  window.stride_h = Entry(onnx, onnx.Ints("strides"), 0, 1);
  window.stride_w = Entry(onnx, onnx.Ints("strides"), 1, 1);
  const TransposedAxis h = ReadAxis(onnx, 0, in[1], filter[1], window.stride_h);
  const TransposedAxis w = ReadAxis(onnx, 1, in[2], filter[2], window.stride_w);
  conv.output_h = static_cast<int>(h.output);
  conv.output_w = static_cast<int>(w.output);
  window.pad_top = h.pads.before;
  window.pad_bottom = h.pads.after;
  window.pad_left = w.pads.before;
  window.pad_right = w.pads.after;
  return conv;
}

/// Emits parts of a tensor along an axis, one for each group.
std::vector<TensorId> EmitGroups(OnnxNode& onnx, TensorId x, int axis, int64_t groups) {
  const int64_t size = onnx.tensor(x).shape[static_cast<size_t>(axis)];
  if (size % groups != 0) Fail(ErrorKind::kUnusable, std::to_string(groups) + " groups");
  const Split split{axis, std::vector<int64_t>(static_cast<size_t>(groups), size / groups)};
  const TensorId first = onnx.Emit(split, {x}, static_cast<size_t>(groups));
  std::vector<TensorId> parts;
  for (int64_t g = 0; g < groups; ++g) parts.push_back(first + static_cast<TensorId>(g));
  return parts;
}

/// Emits one convolution for each group of channels, next to each other.
///   weights  [O/groups,KH,KW,I]
TensorId EmitGrouped(OnnxNode& onnx, const TransposeConv2D& conv, TensorId input, TensorId weights,
                     int64_t groups) {
  const std::vector<TensorId> inputs = EmitGroups(onnx, input, 3, groups);
  const std::vector<TensorId> filters = EmitGroups(onnx, weights, 3, groups);
  std::vector<TensorId> biases, results;
  if (onnx.HasInput(2)) biases = EmitGroups(onnx, onnx.Input(2), 0, groups);
  for (size_t g = 0; g < inputs.size(); ++g) {
    std::vector<TensorId> operands = {inputs[g], filters[g]};
    if (!biases.empty()) operands.push_back(biases[g]);
    results.push_back(onnx.Emit(conv, operands));
  }
  return onnx.Emit(Concat{3}, results);
}

void ReadConvTranspose(OnnxNode& onnx) {
  RefuseUnknownForms(onnx);
  const TensorId input = onnx.ToNhwc(onnx.Input(0)), weights = ReadWeights(onnx);
  const TransposeConv2D conv = ReadForm(onnx, onnx.tensor(input).shape, onnx.tensor(weights).shape);
  const int64_t groups = onnx.Int("group", 1);
  if (groups < 1 || groups > (1 << 16)) Fail(ErrorKind::kUnusable, "an absurd number of groups");
  std::vector<TensorId> operands{input, weights};
  if (onnx.HasInput(2)) operands.push_back(onnx.Input(2));
  const TensorId nhwc =
      groups == 1 ? onnx.Emit(conv, operands) : EmitGrouped(onnx, conv, input, weights, groups);
  const TensorId nchw = onnx.ToNchw(nhwc);
  const Shape out = onnx.tensor(nchw).shape;
  const bool flat = onnx.InputTensor(0).rank() == 3;
  onnx.SetOutput(0, flat ? onnx.EmitReshape(nchw, {out[0], out[1], out[3]}) : nchw);
}

/// Every place of the input meets every filter.
int64_t MultiplyAdds(const Node&, std::span<const Tensor* const> inputs, const Tensor&) {
  const Shape& filter = inputs[1]->shape;
  return inputs[0]->elements() * filter[0] * filter[1] * filter[2];
}

constexpr OnnxSpelling kOnnx[] = {{"ConvTranspose", 1, ReadConvTranspose}};

int Version(const TfliteWriteContext& context) {
  if (context.node().As<TransposeConv2D>()->activation != Activation::kNone) return 4;
  if (context.node().has_input(2)) return 3;
  return context.Input(1).quant ? 2 : 1;
}

/// The pads that the kernel derives from the output as the input of a forward convolution.
Window ForwardWindow(const Window& window, const Shape& output, const Shape& filter, int padding) {
  Window forward;
  forward.stride_h = window.stride_h;
  forward.stride_w = window.stride_w;
  SetTflitePadding(forward, padding, output, filter[1], filter[2]);
  return forward;
}

/// TFLite's operands are output_shape, weights, input, [bias]. VALID crops nothing.
void Write(TfliteWriteContext& context) {
  const TransposeConv2D& conv = *context.node().As<TransposeConv2D>();
  const Shape &input = context.Input(0).shape, &filter = context.Input(1).shape;
  const bool is_valid = IsTransposedValid(conv, input, filter);
  Check(is_valid || IsTransposedSame(conv, input, filter),
        "a transposed convolution whose padding is neither SAME nor VALID");
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_TransposeConvOptions,
                     tflite::CreateTransposeConvOptions(
                         builder, is_valid ? tflite::Padding_VALID : tflite::Padding_SAME,
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
    .operands = {2, 3},
    .infer = InferTransposeConv,
    .evaluate = EvaluateTransposeConv,
    .backward = TransposeConv2DBackward,
    .quant = {.operands = {Calibrated(), Weight(0), Bias()}, .result = Calibrated()},
    .dynamic = {.scales = DynamicRule::kSample, .in_xnnpack = true},
    .scale_rule = WeightedScaleRule,
    .reference_int8 = Reference<int8_t>,
    .reference_int16 = Reference<int16_t>,
    .prepare_float = PrepareTransposeConv2DFloat,
    .multiply_adds = MultiplyAdds,
    .tflite = {.code = tflite::BuiltinOperator_TRANSPOSE_CONV,
               .runtimes = "1.9.0 2.2.0 2.3.0 2.13.0",
               .version = Version,
               .write = Write,
               .read = Read}};

}  // namespace qconvert
