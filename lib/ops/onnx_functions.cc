#include "lib/ops/onnx_functions.h"

#include <limits>

#include "lib/ops/elementwise.h"

namespace qconvert {
namespace {

TensorId Number(OnnxNode& onnx, float value) {
  return AddScalar(onnx, ElementType::kFloat32, value);
}

/// Emits x + number.
TensorId Plus(OnnxNode& onnx, TensorId x, float number) {
  return onnx.Emit(Add{}, {x, Number(onnx, number)});
}

/// Emits sqrt(1 - x^2).
TensorId OtherLeg(OnnxNode& onnx, TensorId x) {
  return onnx.Emit(Sqrt{}, {onnx.Emit(Sub{}, {Number(onnx, 1), onnx.Emit(Square{}, {x})})});
}

/// Emits (e^x +- e^-x) / 2.
template <typename Kind>
TensorId HalfOfExponentials(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const TensorId rising = onnx.Emit(Exp{}, {x});
  const TensorId falling = onnx.Emit(Exp{}, {onnx.Emit(Neg{}, {x})});
  return EmitScaled(onnx, onnx.Emit(Kind{}, {rising, falling}), 0.5F);
}

}  // namespace

void ReadTan(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  onnx.EmitOutput(Div{}, {onnx.Emit(Sin{}, {x}), onnx.Emit(Cos{}, {x})});
}

void ReadAtan(OnnxNode& onnx) {
  onnx.EmitOutput(Atan2{}, {onnx.Input(0),
                            onnx.Emit(BroadcastTo{onnx.InputTensor(0).shape}, {Number(onnx, 1)})});
}

void ReadAsin(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  onnx.EmitOutput(Atan2{}, {x, OtherLeg(onnx, x)});
}

void ReadAcos(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  onnx.EmitOutput(Atan2{}, {OtherLeg(onnx, x), x});
}

void ReadSinh(OnnxNode& onnx) { onnx.SetOutput(0, HalfOfExponentials<Sub>(onnx)); }
void ReadCosh(OnnxNode& onnx) { onnx.SetOutput(0, HalfOfExponentials<Add>(onnx)); }

/// sign(x) log(|x| + sqrt(x^2 + 1)), which loses nothing for negative x.
void ReadAsinh(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const TensorId root = onnx.Emit(Sqrt{}, {Plus(onnx, onnx.Emit(Square{}, {x}), 1)});
  const TensorId size = onnx.Emit(Log{}, {onnx.Emit(Add{}, {onnx.Emit(Abs{}, {x}), root})});
  onnx.EmitOutput(Mul{}, {onnx.Emit(Sign{}, {x}), size});
}

/// log(x + sqrt(x^2 - 1))
void ReadAcosh(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const TensorId root = onnx.Emit(Sqrt{}, {Plus(onnx, onnx.Emit(Square{}, {x}), -1)});
  onnx.EmitOutput(Log{}, {onnx.Emit(Add{}, {x, root})});
}

/// log((1 + x) / (1 - x)) / 2
void ReadAtanh(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const TensorId below = onnx.Emit(Sub{}, {Number(onnx, 1), x});
  const TensorId log = onnx.Emit(Log{}, {onnx.Emit(Div{}, {Plus(onnx, x, 1), below})});
  onnx.SetOutput(0, EmitScaled(onnx, log, 0.5F));
}

/// NaN alone differs from itself.
void ReadIsNan(OnnxNode& onnx) { onnx.EmitOutput(NotEqual{}, {onnx.Input(0), onnx.Input(0)}); }

/// What reaches the largest number counts: LiteRT's sums end there.
void ReadIsInf(OnnxNode& onnx) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  const bool above = onnx.Int("detect_positive", 1) != 0;
  const bool below = onnx.Int("detect_negative", 1) != 0;
  const TensorId x = onnx.Input(0);
  if (above && below) {
    onnx.EmitOutput(GreaterEqual{}, {onnx.Emit(Abs{}, {x}), Number(onnx, kLargest)});
  } else if (above) {
    onnx.EmitOutput(GreaterEqual{}, {x, Number(onnx, kLargest)});
  } else if (below) {
    onnx.EmitOutput(LessEqual{}, {x, Number(onnx, -kLargest)});
  } else {
    onnx.EmitOutput(Greater{}, {x, Number(onnx, std::numeric_limits<float>::infinity())});
  }
}

/// x + bias below -lambda, x - bias above lambda, 0 between.
void ReadShrink(OnnxNode& onnx) {
  const float lambda = onnx.Float("lambd", 0.5F), bias = onnx.Float("bias", 0);
  const TensorId x = onnx.Input(0), zero = Number(onnx, 0);
  const TensorId above = onnx.Emit(Greater{}, {x, Number(onnx, lambda)});
  const TensorId below = onnx.Emit(Less{}, {x, Number(onnx, -lambda)});
  const TensorId upper = onnx.Emit(Select{}, {above, Plus(onnx, x, -bias), zero});
  onnx.EmitOutput(Select{}, {below, Plus(onnx, x, bias), upper});
}

void ReadThresholdedRelu(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const TensorId above = onnx.Emit(Greater{}, {x, Number(onnx, onnx.Float("alpha", 1))});
  onnx.EmitOutput(Select{}, {above, x, Number(onnx, 0)});
}

}  // namespace qconvert
