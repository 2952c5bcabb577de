// ONNX operators that leave no operator of their own: what names or describes tensors, and
// normalisations that are sums of simpler operators.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/base/error.h"
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

void ReadDropout(OnnxNode& onnx) {
  if (onnx.HasOutput(1)) onnx.Refuse("its mask is read; a network for inference has no dropout");
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

void ReadRange(OnnxNode& onnx) {
  if (onnx.InputTensor(0).is_float()) {
    onnx.SetOutput(
        0, onnx.AddConstant(RangeOf(onnx.ConstantFloats(0).at(0), onnx.ConstantFloats(1).at(0),
                                    onnx.ConstantFloats(2).at(0))));
    return;
  }
  Tensor range =
      RangeOf(onnx.ConstantInts(0).at(0), onnx.ConstantInts(1).at(0), onnx.ConstantInts(2).at(0));
  const TensorId id = onnx.AddConstant(std::move(range));
  const ElementType type = onnx.InputTensor(0).type;
  onnx.SetOutput(0, type == ElementType::kInt64 ? id : onnx.Emit(Cast{type}, {id}));
}

/// Emits (x - mean) / sqrt(variance + epsilon) over `axes`.
TensorId EmitNormalized(OnnxNode& onnx, TensorId x, const std::vector<int>& axes, float epsilon) {
  const TensorId mean = onnx.Emit(Mean{axes, true}, {x});
  const TensorId centred = onnx.Emit(Sub{}, {x, mean});
  const TensorId variance =
      onnx.Emit(Mean{axes, true}, {onnx.Emit(SquaredDifference{}, {x, mean})});
  const TensorId bound = onnx.AddConstant(ConstantScalar(epsilon));
  const TensorId scale = onnx.Emit(Rsqrt{}, {onnx.Emit(Add{}, {variance, bound})});
  return onnx.Emit(Mul{}, {centred, scale});
}

void ReadLayerNormalization(OnnxNode& onnx) {
  if (onnx.HasOutput(1) || onnx.HasOutput(2)) onnx.Refuse("its mean or deviation is read");
  const size_t rank = onnx.InputTensor(0).rank();
  std::vector<int> axes(rank - static_cast<size_t>(NormalizeAxis(onnx.Int("axis", -1), rank)));
  std::iota(axes.begin(), axes.end(), static_cast<int>(rank - axes.size()));
  TensorId y = EmitNormalized(onnx, onnx.Input(0), axes, onnx.Float("epsilon", 1e-5F));
  if (onnx.HasInput(1)) y = onnx.Emit(Mul{}, {y, onnx.Input(1)});
  if (onnx.HasInput(2)) y = onnx.Emit(Add{}, {y, onnx.Input(2)});
  onnx.SetOutput(0, y);
}

void ReadInstanceNormalization(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  if (shape.size() < 3) onnx.Refuse("an input without spatial axes");
  std::vector<int> axes(shape.size() - 2);
  std::iota(axes.begin(), axes.end(), 2);
  Shape per_channel(shape.size(), 1);
  per_channel[1] = shape[1];
  const TensorId scale = onnx.EmitReshape(onnx.Input(1), per_channel);
  const TensorId offset = onnx.EmitReshape(onnx.Input(2), per_channel);
  const TensorId y = EmitNormalized(onnx, onnx.Input(0), axes, onnx.Float("epsilon", 1e-5F));
  onnx.SetOutput(0, onnx.Emit(Add{}, {onnx.Emit(Mul{}, {y, scale}), offset}));
}

constexpr OnnxSpelling kSpellings[] = {{"Identity", 1, ReadIdentity},
                                       {"Dropout", 1, ReadDropout},
                                       {"Constant", 1, ReadConstant},
                                       {"Shape", 1, ReadShape},
                                       {"Size", 1, ReadSize},
                                       {"ConstantOfShape", 9, ReadConstantOfShape},
                                       {"Range", 11, ReadRange},
                                       {"LayerNormalization", 17, ReadLayerNormalization},
                                       {"InstanceNormalization", 6, ReadInstanceNormalization}};

}  // namespace

std::span<const OnnxSpelling> OnnxOnlySpellings() { return kSpellings; }

}  // namespace qconvert
