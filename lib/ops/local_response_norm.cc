// LOCAL_RESPONSE_NORMALIZATION, and ONNX's LRN.
#include <algorithm>
#include <cmath>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/ops/elementwise.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

void InferNorm(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  InferUnary(node, inputs, outputs);
  if (inputs[0]->rank() != 4 || node.As<LocalResponseNorm>()->radius < 0) {
    Fail(ErrorKind::kUnusable, "a normalization of shape " + ToText(inputs[0]->shape));
  }
  if (!inputs[0]->is_float()) FailOnType(node, inputs[0]->type);
}

/// Returns the sum of value(k) over the window around channel c.
template <typename Value>
double SumAround(const LocalResponseNorm& norm, int64_t c, int64_t channels, Value value) {
  double sum = 0;
  const int64_t last = std::min(c + norm.radius, channels - 1);
  for (int64_t k = std::max<int64_t>(c - norm.radius, 0); k <= last; ++k) sum += value(k);
  return sum;
}

/// Returns bias + alpha s for channel c of a pixel x [C].
double BaseAt(const LocalResponseNorm& norm, const float* x, int64_t c, int64_t channels) {
  const auto square = [&](int64_t k) { return double{x[k]} * double{x[k]}; };
  return double{norm.bias} + double{norm.alpha} * SumAround(norm, c, channels, square);
}

void EvaluateNorm(const Node& node, TensorViews inputs, TensorViews outputs) {
  const LocalResponseNorm& norm = *node.As<LocalResponseNorm>();
  const int64_t channels = inputs[0].shape().back();
  for (int64_t pixel = 0; pixel < inputs[0].elements(); pixel += channels) {
    const float* x = inputs[0].Values<float>().data() + pixel;
    float* y = outputs[0].Values<float>().data() + pixel;
    for (int64_t c = 0; c < channels; ++c) {
      const double base = BaseAt(norm, x, c, channels);
      y[c] = static_cast<float>(double{x[c]} / std::pow(base, double{norm.beta}));
    }
  }
}

/// With y_c = x_c b_c^-beta, b_c = bias + alpha s_c and G = dL/dy:
/// dL/dx_k = G_k b_k^-beta - 2 alpha beta x_k sum over the window of G_c x_c b_c^(-beta - 1).
void NormBackward(const Node& node, const NodeGradients& gradients) {
  if (!Wants(gradients, 0)) return;
  const LocalResponseNorm& norm = *node.As<LocalResponseNorm>();
  const int64_t channels = gradients.inputs[0].shape().back();
  const double alpha{norm.alpha}, beta{norm.beta};
  std::vector<double> inner(static_cast<size_t>(channels));
  for (int64_t pixel = 0; pixel < gradients.inputs[0].elements(); pixel += channels) {
    const float* x = gradients.inputs[0].Values<float>().data() + pixel;
    const float* by_y = gradients.by_outputs[0].data() + pixel;
    float* by_x = gradients.by_inputs[0].data() + pixel;
    for (int64_t c = 0; c < channels; ++c) {
      inner[static_cast<size_t>(c)] =
          double{by_y[c]} * double{x[c]} * std::pow(BaseAt(norm, x, c, channels), -beta - 1);
    }
    for (int64_t k = 0; k < channels; ++k) {
      const double sum =
          SumAround(norm, k, channels, [&](int64_t c) { return inner[static_cast<size_t>(c)]; });
      const double direct = double{by_y[k]} * std::pow(BaseAt(norm, x, k, channels), -beta);
      by_x[k] += static_cast<float>(direct - 2 * alpha * beta * double{x[k]} * sum);
    }
  }
}

/// Emits the sums of squares over windows that reach further up than down, as even sizes have
/// them: a product with a matrix of bands.
TensorId EmitUnevenSums(OnnxNode& onnx, TensorId nhwc, int64_t below, int64_t above) {
  const int64_t channels = onnx.tensor(nhwc).shape.back();
  std::vector<float> bands;
  for (int64_t to = 0; to < channels; ++to) {
    for (int64_t from = 0; from < channels; ++from) {
      bands.push_back(from >= to - below && from <= to + above ? 1.0F : 0.0F);
    }
  }
  const TensorId matrix = onnx.AddConstant(
      MakeConstantTensor(onnx.name() + "_bands", {channels, channels}, std::move(bands)));
  return onnx.Emit(FullyConnected{}, {onnx.Emit(Square{}, {nhwc}), matrix});
}

TensorId EmitUnevenNorm(OnnxNode& onnx, TensorId x, int64_t size, const LocalResponseNorm& norm) {
  const auto number = [&](float value) { return AddScalar(onnx, ElementType::kFloat32, value); };
  const TensorId sums = EmitUnevenSums(onnx, x, (size - 1) / 2, size / 2);
  const TensorId scaled = EmitScaled(onnx, sums, norm.alpha);
  const TensorId base = onnx.Emit(Add{}, {scaled, number(norm.bias)});
  return onnx.Emit(Div{}, {x, onnx.Emit(Pow{}, {base, number(norm.beta)})});
}

/// ONNX averages the squares over the size of the window, TFLite adds them.
void ReadLrn(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  const int64_t size = onnx.Int("size", 0);
  if (size < 1 || size > (1 << 20)) Fail(ErrorKind::kUnusable, "a size of " + std::to_string(size));
  const LocalResponseNorm norm{static_cast<int>(size / 2), onnx.Float("bias", 1),
                               onnx.Float("alpha", 1e-4F) / static_cast<float>(size),
                               onnx.Float("beta", 0.75F)};
  const TensorId x = onnx.ToNhwc(onnx.Input(0));
  const TensorId y = size % 2 == 1 ? onnx.Emit(norm, {x}) : EmitUnevenNorm(onnx, x, size, norm);
  onnx.SetOutput(0, onnx.EmitReshape(onnx.ToNchw(y), shape));
}

constexpr OnnxSpelling kOnnx[] = {{"LRN", 1, ReadLrn}};

void Write(TfliteWriteContext& context) {
  const LocalResponseNorm& norm = *context.node().As<LocalResponseNorm>();
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_LocalResponseNormalizationOptions,
                     tflite::CreateLocalResponseNormalizationOptions(
                         builder, norm.radius, norm.bias, norm.alpha, norm.beta)
                         .o);
}

Operator Read(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::LocalResponseNormalizationOptions*>(
      context.Options(tflite::BuiltinOptions_LocalResponseNormalizationOptions));
  if (options == nullptr) context.Refuse("its options are missing");
  return LocalResponseNorm{options->radius(), options->bias(), options->alpha(), options->beta()};
}

}  // namespace

constinit const Op kLocalResponseNorm = {
    .name = LocalResponseNorm::kName,
    .onnx = kOnnx,
    .infer = InferNorm,
    .evaluate = EvaluateNorm,
    .backward = NormBackward,
    .axes = LastAxis(),
    .tflite = {.code = tflite::BuiltinOperator_LOCAL_RESPONSE_NORMALIZATION,
               .runtimes = "1.5.0",
               .write = Write,
               .read = Read}};

}  // namespace qconvert
