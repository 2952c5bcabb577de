// ONNX operators that leave no operator of their own: what names or describes tensors (the
// normalisations are in onnx_normalization.cc).
#include <algorithm>
#include <cmath>

#include "lib/base/error.h"
#include "lib/ops/einsum.h"
#include "lib/ops/onnx_attention.h"
#include "lib/ops/onnx_functions.h"
#include "lib/ops/onnx_indexing.h"
#include "lib/ops/onnx_masks.h"
#include "lib/ops/onnx_normalization.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

template <typename T>
Tensor Constant1D(std::vector<T> values) {
  const auto count = static_cast<int64_t>(values.size());
  return MakeConstantTensor("constant", {count}, std::move(values));
}

template <typename T>
Tensor ConstantScalar(T value) {
  return MakeConstantTensor("constant", {}, std::vector<T>{value});
}

void ReadIdentity(OnnxNode& onnx) { onnx.SetOutput(0, onnx.Input(0)); }

/// Returns whether a Dropout may drop: its third operand says so, or is not known yet, and its
/// second, the ratio, is not 0. Before opset 12 it has neither.
bool MayTrain(const OnnxNode& onnx) {
  if (!onnx.HasInput(2)) return false;
  const Tensor& training = onnx.InputTensor(2);
  if (training.is_constant() && training.bytes() == 1 && training.Values<uint8_t>()[0] == 0) {
    return false;
  }
  if (!onnx.HasInput(1)) return true;
  const Tensor& ratio = onnx.InputTensor(1);
  return !ratio.is_constant() || onnx.ConstantFloats(1) != std::vector<float>{0};
}

void ReadDropout(OnnxNode& onnx) {
  if (MayTrain(onnx)) {
    onnx.Refuse(
        "it drops elements, as in training; export the network in eval mode, or make its third "
        "operand, training_mode, a constant false");
  }
  onnx.SetOutput(0, onnx.Input(0));
  if (!onnx.HasOutput(1)) return;
  Tensor kept{"mask", ElementType::kBool, Shape(onnx.InputTensor(0).rank(), 1)};
  kept.constant = MakeConstant(std::vector<uint8_t>{1});
  const Shape shape = onnx.InputTensor(0).shape;
  onnx.SetOutput(1, onnx.Emit(BroadcastTo{shape}, {onnx.AddConstant(std::move(kept))}));
}

void ReadConstant(OnnxNode& onnx) {
  Tensor value;
  if (onnx.Has("value")) {
    value = onnx.TensorAttribute("value");
  } else if (onnx.Has("value_float")) {
    value = ConstantScalar(onnx.Float("value_float", 0));
  } else if (onnx.Has("value_int")) {
    value = ConstantScalar(onnx.Int("value_int", 0));
  } else if (onnx.Has("value_floats")) {
    value = Constant1D(onnx.Floats("value_floats"));
  } else if (onnx.Has("value_ints")) {
    value = Constant1D(onnx.Ints("value_ints"));
  } else {
    onnx.Refuse("only numeric constants are supported");
  }
  onnx.SetOutput(0, onnx.AddConstant(std::move(value)));
}

void ReadShape(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  const auto rank = static_cast<int64_t>(shape.size());
  const auto from_front = [rank](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const int64_t start = from_front(onnx.Int("start", 0));
  const int64_t end = std::max(start, from_front(onnx.Int("end", rank)));
  onnx.SetOutput(0, onnx.AddConstant(Constant1D(
                        std::vector<int64_t>(shape.begin() + start, shape.begin() + end))));
}

void ReadSize(OnnxNode& onnx) {
  onnx.SetOutput(0, onnx.AddConstant(ConstantScalar(onnx.InputTensor(0).elements())));
}

void ReadConstantOfShape(OnnxNode& onnx) {
  const Shape shape = onnx.ConstantInts(0);
  Tensor value = onnx.Has("value") ? onnx.TensorAttribute("value") : Constant1D<float>({0});
  if (value.elements() != 1) Fail(ErrorKind::kUnusable, "its value is not one element");
  value.shape = Shape(shape.size(), 1);
  const TensorId one = onnx.AddConstant(std::move(value));
  onnx.SetOutput(0, onnx.Emit(BroadcastTo{shape}, {one}));
}

template <typename T>
Tensor RangeOf(T start, T limit, T delta) {
  constexpr double kMost = 1 << 24;
  if (delta == 0) Fail(ErrorKind::kUnusable, "a step of 0");
  const double count = std::ceil((static_cast<double>(limit) - static_cast<double>(start)) /
                                 static_cast<double>(delta));
  if (!(count < kMost)) Fail(ErrorKind::kUnusable, "a range of absurd length");
  std::vector<T> values;
  for (double i = 0; i < count; ++i) values.push_back(start + static_cast<T>(i) * delta);
  return Constant1D(std::move(values));
}

/// Returns the one element of a constant operand.
template <typename T>
T Only(const std::vector<T>& values) {
  if (values.size() != 1) Fail(ErrorKind::kUnusable, "an operand that is not one element");
  return values[0];
}

void ReadRange(OnnxNode& onnx) {
  if (onnx.InputTensor(0).is_float()) {
    onnx.SetOutput(
        0, onnx.AddConstant(RangeOf(Only(onnx.ConstantFloats(0)), Only(onnx.ConstantFloats(1)),
                                    Only(onnx.ConstantFloats(2)))));
    return;
  }
  const TensorId id = onnx.AddConstant(
      RangeOf(Only(onnx.ConstantInts(0)), Only(onnx.ConstantInts(1)), Only(onnx.ConstantInts(2))));
  const ElementType type = onnx.InputTensor(0).type;
  onnx.SetOutput(0, type == ElementType::kInt64 ? id : onnx.Emit(Cast{type}, {id}));
}

bool IsZero(const Tensor& x, size_t i) {
  if (x.is_float()) return x.Values<float>()[i] == 0;
  const size_t bytes = ElementBytes(x.type);
  return std::ranges::all_of(x.constant->bytes.subspan(i * bytes, bytes),
                             [](std::byte b) { return b == std::byte{0}; });
}

/// The indices of what is not zero, one row per axis. Only of constants: the count is a shape.
void ReadNonZero(OnnxNode& onnx) {
  const Tensor& x = onnx.InputTensor(0);
  if (!x.is_constant()) {
    onnx.Refuse("its operand is computed, so its result has no fixed shape");
  }
  std::vector<int64_t> found;
  for (size_t i = 0; i < static_cast<size_t>(x.elements()); ++i) {
    if (!IsZero(x, i)) found.push_back(static_cast<int64_t>(i));
  }
  const Shape shape = x.shape;
  const std::vector<int64_t> strides = RowMajorStrides(shape);
  std::vector<int64_t> indices;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    for (int64_t place : found) indices.push_back(place / strides[axis] % shape[axis]);
  }
  const Shape result = {static_cast<int64_t>(shape.size()), static_cast<int64_t>(found.size())};
  onnx.SetOutput(0, onnx.AddConstant(MakeConstantTensor("constant", result, std::move(indices))));
}

constexpr OnnxSpelling kSpellings[] = {
    {"Identity", 1, ReadIdentity, "left out"},
    {"Dropout", 1, ReadDropout, "left out"},
    {"Constant", 1, ReadConstant, "a constant"},
    {"Shape", 1, ReadShape, "a constant"},
    {"Size", 1, ReadSize, "a constant"},
    {"ConstantOfShape", 9, ReadConstantOfShape, "a constant"},
    {"Range", 11, ReadRange, "a constant"},
    {"LayerNormalization", 17, ReadLayerNormalization,
     "composed of Mean, Sub, SquaredDifference, Add, Rsqrt, Mul"},
    {"InstanceNormalization", 6, ReadInstanceNormalization,
     "composed of Mean, Sub, SquaredDifference, Add, Rsqrt, Mul"},
    {"GroupNormalization", 18, ReadGroupNormalization,
     "composed of Reshape, Mean, Sub, SquaredDifference, Add, Rsqrt, Mul"},
    {"RMSNormalization", 23, ReadRmsNormalization, "composed of Square, Mean, Add, Rsqrt, Mul"},
    {"SimplifiedLayerNormalization", 1, ReadRmsNormalization,
     "composed of Square, Mean, Add, Rsqrt, Mul"},
    {"Attention", 23, ReadAttention, "multiplied by BatchMatMul around Softmax"},
    {"RotaryEmbedding", 23, ReadRotaryEmbedding, "rotated by StridedSlice, Mul, Sub, Add, Concat"},
    {"MeanVarianceNormalization", 9, ReadMeanVarianceNormalization,
     "composed of Mean, Sub, SquaredDifference, Add, Rsqrt, Mul"},
    {"LpNormalization", 1, ReadLpNormalization, "composed of Abs, Square, Sum, Sqrt, Maximum, Div"},
    {"NonZero", 9, ReadNonZero, "a constant"},
    {"EyeLike", 9, ReadEyeLike, "a constant"},
    {"Trilu", 14, ReadTrilu, "composed of Select"},
    {"OneHot", 9, ReadOneHot, "chosen by Equal and Select"},
    {"Hardmax", 1, ReadHardmax, "composed of ArgMax, Reshape, Equal, Cast"},
    {"CenterCropPad", 18, ReadCenterCropPad, "cut by StridedSlice, padded by Pad"},
    {"GatherElements", 11, ReadGatherElements, "picked by Gather"},
    {"GatherND", 11, ReadGatherNd, "picked by Gather"},
    {"ScatterElements", 11, ReadScatterElements, "picked by Gather"},
    {"Scatter", 9, ReadScatterElements, "picked by Gather"},
    {"ScatterND", 11, ReadScatterNd, "picked by Gather"},
    {"Compress", 9, ReadCompress, "picked by Gather"},
    {"ReverseSequence", 10, ReadReverseSequence, "picked by Gather"},
    {"Einsum", 12, ReadEinsum, "multiplied by FullyConnected, BatchMatMul or Mul"},
    {"Tan", 7, ReadTan, "composed of Sin, Cos, Div"},
    {"Atan", 7, ReadAtan, "composed of Atan2"},
    {"Asin", 7, ReadAsin, "composed of Square, Sub, Sqrt, Atan2"},
    {"Acos", 7, ReadAcos, "composed of Square, Sub, Sqrt, Atan2"},
    {"Sinh", 9, ReadSinh, "composed of Exp, Neg, Sub, Mul"},
    {"Cosh", 9, ReadCosh, "composed of Exp, Neg, Add, Mul"},
    {"Asinh", 9, ReadAsinh, "composed of Square, Add, Sqrt, Abs, Log, Sign, Mul"},
    {"Acosh", 9, ReadAcosh, "composed of Square, Add, Sqrt, Log"},
    {"Atanh", 9, ReadAtanh, "composed of Sub, Add, Div, Log, Mul"},
    {"IsNaN", 9, ReadIsNan, "composed of NotEqual"},
    {"IsInf", 10, ReadIsInf, "compared by GreaterEqual or LessEqual"},
    {"Shrink", 9, ReadShrink, "composed of Greater, Less, Add, Select"},
    {"ThresholdedRelu", 10, ReadThresholdedRelu, "composed of Greater, Select"}};

}  // namespace

std::span<const OnnxSpelling> OnnxOnlySpellings() { return kSpellings; }

}  // namespace qconvert
