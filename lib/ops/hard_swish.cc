// HARD_SWISH, x relu6(x + 3) / 6, and ONNX's HardSigmoid, its factor.
#include <algorithm>

#include "tflite_generated.h"

#include "lib/kernels/elementwise.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/lookup.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

float HardSwishOf(float x) { return x * std::clamp(x + 3, 0.0F, 6.0F) / 6; }

/// 0 up to -3, (2 x + 3) / 6 from there, 1 from 3 on
float HardSwishSlope(float x, float) {
  if (x <= -3) return 0;
  return x < 3 ? (2 * x + 3) / 6 : 1;
}

Int8Table HardSwishTable(const Node&, AffineParams input, AffineParams result) {
  return TableOfHardSwish(input, result);
}

// kernels/activations.cc, HardSwishPrepare: operand / 128 rescales by less than 1.
const char* HardSwishScaleRule(const Node&, const NodeParams& params) {
  const float fine_scale = (1.0F / 128.0F) * params.operands[0]->scale();
  return WhyNotRescaled(double{fine_scale / params.result->scale()}, 1);
}

void EvaluateHardSigmoid(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto [alpha, beta] = *node.As<HardSigmoid>();
  Transform(node, inputs, outputs, [alpha = alpha, beta = beta](float x) {
    return std::clamp(alpha * x + beta, 0.0F, 1.0F);
  });
}

/// dL/dx = alpha dL/dy between the ends, 0 at and beyond them.
void HardSigmoidBackward(const Node& node, const NodeGradients& gradients) {
  const float alpha = node.As<HardSigmoid>()->alpha;
  AddUnary(gradients, [&](float, float y) { return 0 < y && y < 1 ? alpha : 0; });
}

std::unique_ptr<Kernel> PrepareHardSigmoid(const PrepareContext& context) {
  const auto [alpha, beta] = *context.node->As<HardSigmoid>();
  return PrepareFloatRows(
      context, {.loop = FloatLoop::kLinear, .clamp = {0, 1}, .alpha = alpha, .beta = beta});
}

void ReadHardSigmoid(OnnxNode& onnx) {
  onnx.EmitOutput(HardSigmoid{onnx.Float("alpha", 0.2F), onnx.Float("beta", 0.5F)},
                  {onnx.Input(0)});
}

constexpr OnnxSpelling kHardSwishOnnx[] = {{"HardSwish", 14, ReadUnary<HardSwish>}};
constexpr OnnxSpelling kHardSigmoidOnnx[] = {{"HardSigmoid", 6, ReadHardSigmoid}};

}  // namespace

constinit const Op kHardSwish = {
    .name = HardSwish::kName,
    .onnx = kHardSwishOnnx,
    .infer = InferUnary,
    .evaluate = EvaluateFunction<HardSwishOf>,
    .backward = UnaryBackward<HardSwishSlope>,
    .quant = RescalingRule(),
    .scale_rule = HardSwishScaleRule,
    .reference_int8 = LookUpReference<HardSwishTable>,
    .prepare_float = PrepareRows<FloatLoop::kHardSwish>,
    .prepare_int8 = PrepareLookup,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_HARD_SWISH,
               .runtimes = "1.15.0",
               .write = WriteEmptyOptions<tflite::BuiltinOptions_HardSwishOptions,
                                          tflite::CreateHardSwishOptions>},
};

constinit const Op kHardSigmoid = {
    .name = HardSigmoid::kName,
    .onnx = kHardSigmoidOnnx,
    .infer = InferUnary,
    .evaluate = EvaluateHardSigmoid,
    .backward = HardSigmoidBackward,
    .prepare_float = PrepareHardSigmoid,
    .axes = ElementwiseAxes(),
};

}  // namespace qconvert
