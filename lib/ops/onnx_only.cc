// ONNX operators that leave no operator of their own: what names or describes tensors (the
// normalisations are in onnx_normalization.cc).
#include <algorithm>
#include <cmath>

#include "lib/base/error.h"
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

/// Returns whether a Dropout may drop: its third operand says so, or is not known yet.
bool MayTrain(const OnnxNode& onnx) {
  if (!onnx.HasInput(2)) return false;
  const Tensor& training = onnx.InputTensor(2);
  return !training.is_constant() || training.bytes() != 1 || training.Values<uint8_t>()[0] != 0;
}

void ReadDropout(OnnxNode& onnx) {
  if (onnx.HasOutput(1) || MayTrain(onnx)) {
    onnx.Refuse("it drops elements, as in training; export the network in eval mode");
  }
  onnx.SetOutput(0, onnx.Input(0));
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

/// The indices of what is not zero, one row per axis. Only of constants: the count is a shape.
void ReadNonZero(OnnxNode& onnx) {
  const Tensor& x = onnx.InputTensor(0);
  if (!x.is_constant() || x.is_float()) onnx.Refuse("it is only known of integer constants");
  const size_t bytes = ElementBytes(x.type);
  std::vector<int64_t> found;
  for (size_t i = 0; i < static_cast<size_t>(x.elements()); ++i) {
    const auto element = x.constant->bytes.subspan(i * bytes, bytes);
    const bool zero = std::ranges::all_of(element, [](std::byte b) { return b == std::byte{0}; });
    if (!zero) found.push_back(static_cast<int64_t>(i));
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
    {"MeanVarianceNormalization", 9, ReadMeanVarianceNormalization,
     "composed of Mean, Sub, SquaredDifference, Add, Rsqrt, Mul"},
    {"LpNormalization", 1, ReadLpNormalization, "composed of Abs, Square, Sum, Sqrt, Maximum, Div"},
    {"NonZero", 9, ReadNonZero, "a constant"}};

}  // namespace

std::span<const OnnxSpelling> OnnxOnlySpellings() { return kSpellings; }

}  // namespace qconvert
