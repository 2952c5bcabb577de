// AVERAGE_POOL_2D and MAX_POOL_2D; ONNX's global pools become reductions.
#include "lib/kernels/pool.h"

#include <algorithm>
#include <limits>

#include "tflite_generated.h"

#include "lib/kernels/window_places.h"
#include "lib/ops/activation.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"
#include "lib/ops/weighted_sum.h"
#include "lib/ops/window.h"

namespace qconvert {
namespace {

/// A window that lies in the padding alone has no average and no maximum.
void RequirePixels(const WindowAxis& axis, AxisPads pads, int64_t output) {
  if (pads.before >= axis.filter || (output - 1) * axis.stride - pads.before >= axis.input) {
    Fail(ErrorKind::kUnusable, "padding of " + std::to_string(pads.before) + " and " +
                                   std::to_string(pads.after) + " for a window of " +
                                   std::to_string(axis.filter) + ": some windows hold no pixel");
  }
}

int64_t PoolSize(const WindowAxis& axis, AxisPads pads) {
  const int64_t output = OutputSize(axis, pads);
  RequirePixels(axis, pads, output);
  return output;
}

template <typename Kind>
void InferPool(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  const Kind& pool = *node.As<Kind>();
  const Window& window = pool.window;
  const Tensor& input = RequireInput(inputs, 0);
  if (input.rank() != 4 || window.dilation_h != 1 || window.dilation_w != 1) {
    Fail(ErrorKind::kUnusable, "a pool of shape " + ToText(input.shape) + " with dilation " +
                                   std::to_string(window.dilation_h));
  }
  RequireReals(node, input);
  outputs[0].type = input.type;
  outputs[0].shape = {
      input.shape[0],
      PoolSize(AxisH(window, input.shape[1], pool.filter_h), {window.pad_top, window.pad_bottom}),
      PoolSize(AxisW(window, input.shape[2], pool.filter_w), {window.pad_left, window.pad_right}),
      input.shape[3]};
}

/// Folds the pixels of each window, channel by channel.
///   finish(folded, count)  the result of a window of `count` pixels
template <typename T, typename Sum, typename Kind, typename Function, typename Finish>
void Pool(const Kind& pool, TensorViews inputs, TensorViews outputs, Sum start, Function function,
          Finish finish) {
  const Shape& image = inputs[0].shape();
  const auto channels = static_cast<size_t>(image[3]);
  const T* values = inputs[0].Values<T>().data();
  T* result = outputs[0].Values<T>().data();
  std::vector<Sum> folded(channels);
  const auto visit = [&](size_t place, const Taps& taps) {
    std::fill(folded.begin(), folded.end(), start);
    taps.ForEach([&](size_t, size_t pixel) {
      const T* source = values + pixel * channels;
      for (size_t c = 0; c < channels; ++c) folded[c] = function(folded[c], Sum{source[c]});
    });
    for (size_t c = 0; c < channels; ++c) {
      result[place * channels + c] = static_cast<T>(finish(folded[c], taps.count()));
    }
  };
  ForEachPlace(pool.window, pool.filter_h, pool.filter_w, image, outputs[0].shape(), visit);
}

constexpr auto kPlus = [](auto a, auto b) { return a + b; };
constexpr auto kLarger = [](auto a, auto b) { return a > b ? a : b; };

void EvaluateAverage(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (inputs[0].type() != ElementType::kFloat32) FailOnType(node, inputs[0].type());
  const Range clamp = ActivationRange(FusedActivation(node.op));
  Pool<float>(*node.As<AveragePool2D>(), inputs, outputs, 0.0, kPlus,
              [&](double sum, int64_t count) {
                const auto average = static_cast<float>(sum / static_cast<double>(count));
                return std::clamp(average, clamp.min, clamp.max);
              });
}

void EvaluateMax(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (inputs[0].type() != ElementType::kFloat32) FailOnType(node, inputs[0].type());
  const Range clamp = ActivationRange(FusedActivation(node.op));
  Pool<float>(*node.As<MaxPool2D>(), inputs, outputs, -std::numeric_limits<float>::infinity(),
              kLarger, [&](float most, int64_t) { return std::clamp(most, clamp.min, clamp.max); });
}

template <typename T>
IntegerLimits LimitsOf(const Node& node, TensorViews outputs) {
  return ResultLimits(FusedActivation(node.op), LayerParams(outputs[0]), kLimitsOf<T>);
}

/// Halves are rounded away from zero; zero points play no part. LiteRT's int32 holds a sum of int8
/// in windows of less than 2^24 pixels, of int16 in those of 2^16, so it is kept in int64.
template <typename T>
void AverageSteps(const Node& node, TensorViews inputs, TensorViews outputs) {
  const IntegerLimits limits = LimitsOf<T>(node, outputs);
  Pool<T>(*node.As<AveragePool2D>(), inputs, outputs, int64_t{0}, kPlus,
          [&](int64_t sum, int64_t count) {
            const int64_t half = sum > 0 ? count / 2 : -(count / 2);
            return std::clamp<int64_t>((sum + half) / count, limits.min, limits.max);
          });
}

template <typename T>
void MaxSteps(const Node& node, TensorViews inputs, TensorViews outputs) {
  const IntegerLimits limits = LimitsOf<T>(node, outputs);
  Pool<T>(*node.As<MaxPool2D>(), inputs, outputs, kLimitsOf<T>.min, kLarger,
          [&](int32_t most, int64_t) { return std::clamp(most, limits.min, limits.max); });
}

/// Reads kernel_shape: H and W, or W alone.
template <typename Kind>
Kind ReadFilter(const OnnxNode& onnx) {
  const std::vector<int64_t> sizes = onnx.Ints("kernel_shape");
  if (sizes.empty() || sizes.size() != onnx.InputTensor(0).rank() - 2) {
    Fail(ErrorKind::kUnusable, "kernel_shape does not fit the operand");
  }
  for (int64_t size : sizes) {
    if (size < 1 || size > std::numeric_limits<int16_t>::max()) {
      Fail(ErrorKind::kUnusable, "a window of " + std::to_string(size));
    }
  }
  Kind pool;
  pool.filter_h = sizes.size() == 1 ? 1 : static_cast<int>(sizes[0]);
  pool.filter_w = static_cast<int>(sizes.back());
  return pool;
}

/// Makes [N,H,W,C] the ONNX node's output, as [N,C,H,W], or [N,C,W] in 1-D.
void SetNchwOutput(OnnxNode& onnx, TensorId nhwc) {
  const TensorId nchw = onnx.ToNchw(nhwc);
  const Shape shape = onnx.tensor(nchw).shape;
  const bool flat = onnx.InputTensor(0).rank() == 3;
  onnx.SetOutput(0, flat ? onnx.EmitReshape(nchw, {shape[0], shape[1], shape[3]}) : nchw);
}

template <typename Kind>
Kind ReadPool(OnnxNode& onnx, TensorId image) {
  Kind pool = ReadFilter<Kind>(onnx);
  pool.window = ReadWindow(onnx, onnx.tensor(image).shape, pool.filter_h, pool.filter_w);
  if (pool.window.dilation_h != 1 || pool.window.dilation_w != 1) {
    onnx.Refuse("TFLite's pools have no dilation");
  }
  return pool;
}

void ReadMaxPool(OnnxNode& onnx) {
  if (onnx.HasOutput(1)) {
    onnx.Refuse("TFLite's MAX_POOL_2D does not return Indices; export the model without them");
  }
  const TensorId image = onnx.ToNhwc(onnx.Input(0));
  SetNchwOutput(onnx, onnx.Emit(ReadPool<MaxPool2D>(onnx, image), {image}));
}

/// Returns the padding that counts: what ONNX's pads or auto_pad say, less what ceil_mode adds.
Window CountedPadding(const OnnxNode& onnx, const Window& window) {
  Window counted = window;
  const std::vector<int64_t> pads = onnx.Ints("pads");
  if (onnx.String("auto_pad", "NOTSET") != "NOTSET") return counted;
  counted.pad_right = pads.empty() ? 0 : static_cast<int>(pads.back());
  counted.pad_bottom = pads.size() == 4 ? static_cast<int>(pads[2]) : 0;
  return counted;
}

/// Returns by how much to multiply an average over all places of a window, some of which lie
/// beyond the padded axis, to get that over the others.
///   result  [output]
std::vector<float> PartsOfWindows(int64_t padded, int64_t filter, int64_t stride, int64_t output) {
  std::vector<float> factors;
  for (int64_t i = 0; i < output; ++i) {
    const int64_t counted = std::clamp<int64_t>(padded - i * stride, 1, filter);
    factors.push_back(static_cast<float>(filter) / static_cast<float>(counted));
  }
  return factors;
}

/// Emits the factors of rows and columns whose windows reach beyond the padding.
TensorId EmitFactors(OnnxNode& onnx, TensorId averages, const AveragePool2D& pool,
                     const Shape& padded) {
  const Shape shape = onnx.tensor(averages).shape;
  const auto rows = PartsOfWindows(padded[1], pool.filter_h, pool.window.stride_h, shape[1]);
  const auto columns = PartsOfWindows(padded[2], pool.filter_w, pool.window.stride_w, shape[2]);
  std::vector<float> factors;
  for (float row : rows) {
    for (float column : columns) factors.push_back(row * column);
  }
  const TensorId constant = onnx.AddConstant(
      MakeConstantTensor(onnx.name() + "_factors", {1, shape[1], shape[2], 1}, std::move(factors)));
  return onnx.Emit(Mul{}, {averages, constant});
}

/// TFLite leaves padding out of the average. Where ONNX counts it, the zeros are put in before; but
/// what ceil_mode adds beyond them does not count.
TensorId EmitCountingPool(OnnxNode& onnx, TensorId image, AveragePool2D pool) {
  const Window all = pool.window, counted = CountedPadding(onnx, all);
  const bool extends = all.pad_bottom > counted.pad_bottom || all.pad_right > counted.pad_right;
  Window& window = pool.window;
  window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = 0;
  Shape padded = onnx.tensor(image).shape;
  padded[1] += all.pad_top + counted.pad_bottom;
  padded[2] += all.pad_left + counted.pad_right;
  if (!(window == all)) {
    image = onnx.Emit(
        Pad{{0, all.pad_top, all.pad_left, 0}, {0, all.pad_bottom, all.pad_right, 0}, 0}, {image});
  }
  const TensorId averages = onnx.Emit(pool, {image});
  return extends ? EmitFactors(onnx, averages, pool, padded) : averages;
}

TensorId EmitAveragePool(OnnxNode& onnx, TensorId image, bool counts_padding) {
  const AveragePool2D pool = ReadPool<AveragePool2D>(onnx, image);
  return counts_padding ? EmitCountingPool(onnx, image, pool) : onnx.Emit(pool, {image});
}

void ReadAveragePool(OnnxNode& onnx) {
  const TensorId image = onnx.ToNhwc(onnx.Input(0));
  SetNchwOutput(onnx, EmitAveragePool(onnx, image, onnx.Int("count_include_pad", 0) != 0));
}

/// The p-th root of a window's sum of p-th powers, zeros for the padding.
void ReadLpPool(OnnxNode& onnx) {
  const float p = static_cast<float>(onnx.Int("p", 2));
  const AveragePool2D filter = ReadFilter<AveragePool2D>(onnx);
  if (p < 1) Fail(ErrorKind::kUnusable, "p below 1");
  if (onnx.Int("ceil_mode", 0) != 0) onnx.Refuse("ceil_mode; pad the operand instead");
  const auto number = [&](float value) { return AddScalar(onnx, ElementType::kFloat32, value); };
  const TensorId image = onnx.ToNhwc(onnx.Input(0));
  const TensorId powers = p == 2 ? onnx.Emit(Square{}, {image})
                                 : onnx.Emit(Pow{}, {onnx.Emit(Abs{}, {image}), number(p)});
  const TensorId averages = EmitAveragePool(onnx, powers, true);
  const TensorId sums =
      EmitScaled(onnx, averages, static_cast<float>(filter.filter_h * filter.filter_w));
  SetNchwOutput(onnx, p == 2 ? onnx.Emit(Sqrt{}, {sums}) : onnx.Emit(Pow{}, {sums, number(1 / p)}));
}

template <typename Reduction>
void ReadGlobalPool(OnnxNode& onnx) {
  const TensorId image = onnx.ToNhwc(onnx.Input(0));
  SetNchwOutput(onnx, onnx.Emit(Reduction{{1, 2}, true}, {image}));
}

template <typename Kind>
void WritePool(TfliteWriteContext& context) {
  const Kind& pool = *context.node().As<Kind>();
  const int padding =
      ToTflitePadding(pool.window, context.Input(0).shape, pool.filter_h, pool.filter_w);
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_Pool2DOptions,
                     tflite::CreatePool2DOptions(
                         builder, static_cast<tflite::Padding>(padding), pool.window.stride_w,
                         pool.window.stride_h, pool.filter_w, pool.filter_h,
                         static_cast<tflite::ActivationFunctionType>(ToTflite(pool.activation)))
                         .o);
}

template <typename Kind>
Operator ReadTflitePool(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::Pool2DOptions*>(
      context.Options(tflite::BuiltinOptions_Pool2DOptions));
  if (options == nullptr) context.Refuse("its options are missing");
  Kind pool;
  pool.filter_h = options->filter_height();
  pool.filter_w = options->filter_width();
  pool.window.stride_h = options->stride_h();
  pool.window.stride_w = options->stride_w();
  SetTflitePadding(pool.window, options->padding(), context.Input(0).shape, pool.filter_h,
                   pool.filter_w);
  pool.activation = ActivationFromTflite(options->fused_activation_function());
  return pool;
}

bool IsPoolHomogeneous(const Node& node, const Tensor&) {
  const Activation activation = FusedActivation(node.op);
  return activation == Activation::kNone || activation == Activation::kRelu;
}

constexpr OnnxSpelling kAverageOnnx[] = {{"AveragePool", 1, ReadAveragePool},
                                         {"LpPool", 11, ReadLpPool},
                                         {"GlobalAveragePool", 1, ReadGlobalPool<Mean>}};
constexpr OnnxSpelling kMaxOnnx[] = {{"MaxPool", 1, ReadMaxPool},
                                     {"GlobalMaxPool", 1, ReadGlobalPool<ReduceMax>}};

}  // namespace

constinit const Op kAveragePool2D = {
    .name = AveragePool2D::kName,
    .onnx = kAverageOnnx,
    .infer = InferPool<AveragePool2D>,
    .evaluate = EvaluateAverage,
    .backward = AveragePool2DBackward,
    .quant = MovementRule(),
    .scale_rule = ClampScaleRule,
    .reference_int8 = AverageSteps<int8_t>,
    .reference_int16 = AverageSteps<int16_t>,
    .prepare_float = PrepareAveragePool2DFloat,
    .prepare_int8 = PrepareAveragePool2DInt8,
    .homogeneous = IsPoolHomogeneous,
    .tflite = {.code = tflite::BuiltinOperator_AVERAGE_POOL_2D,
               .runtimes = "1.5.0 1.14.0 2.3.0",
               .version = VersionOfWidth,
               .write = WritePool<AveragePool2D>,
               .read = ReadTflitePool<AveragePool2D>},
};

constinit const Op kMaxPool2D = {
    .name = MaxPool2D::kName,
    .onnx = kMaxOnnx,
    .infer = InferPool<MaxPool2D>,
    .evaluate = EvaluateMax,
    .backward = MaxPool2DBackward,
    .quant = MovementRule(),
    .scale_rule = ClampScaleRule,
    .reference_int8 = MaxSteps<int8_t>,
    .reference_int16 = MaxSteps<int16_t>,
    .prepare_float = PrepareMaxPool2DFloat,
    .prepare_int8 = PrepareMaxPool2DInt8,
    .homogeneous = IsPoolHomogeneous,
    .tflite = {.code = tflite::BuiltinOperator_MAX_POOL_2D,
               .runtimes = "1.5.0 1.14.0 2.3.0",
               .version = VersionOfWidth,
               .write = WritePool<MaxPool2D>,
               .read = ReadTflitePool<MaxPool2D>},
};

}  // namespace qconvert
