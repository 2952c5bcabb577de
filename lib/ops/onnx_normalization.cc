#include "lib/ops/onnx_normalization.h"

#include <algorithm>
#include <numeric>

#include "lib/base/error.h"

namespace qconvert {
namespace {

TensorId Scalar(OnnxNode& onnx, float value) {
  return onnx.AddConstant(MakeConstantTensor("constant", {}, std::vector<float>{value}));
}

/// Returns the axes first .. rank - 1.
std::vector<int> AxesFrom(int first, size_t rank) {
  std::vector<int> axes(rank - static_cast<size_t>(first));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

/// Emits x / sqrt(mean of `square` + epsilon) over `axes`.
TensorId EmitScaled(OnnxNode& onnx, TensorId x, TensorId square, const std::vector<int>& axes,
                    float epsilon) {
  const TensorId variance = onnx.Emit(Mean{axes, true}, {square});
  const TensorId bounded = onnx.Emit(Add{}, {variance, Scalar(onnx, epsilon)});
  return onnx.Emit(Mul{}, {x, onnx.Emit(Rsqrt{}, {bounded})});
}

/// Emits y * scale + offset with a value of each for every index of axis 1.
TensorId EmitPerChannel(OnnxNode& onnx, TensorId y) {
  Shape per_channel(onnx.tensor(y).rank(), 1);
  per_channel[1] = onnx.tensor(y).shape[1];
  const TensorId scale = onnx.EmitReshape(onnx.Input(1), per_channel);
  const TensorId offset = onnx.EmitReshape(onnx.Input(2), per_channel);
  return onnx.Emit(Add{}, {onnx.Emit(Mul{}, {y, scale}), offset});
}

const Shape& RequireChannels(const OnnxNode& onnx) {
  const Shape& shape = onnx.InputTensor(0).shape;
  if (shape.size() < 3) onnx.Refuse("an operand without spatial axes");
  return shape;
}

/// Its mean and 1 / deviation are computed beside the normalization when somebody reads them.
void SetStatistics(OnnxNode& onnx, const std::vector<int>& axes, float epsilon) {
  if (!onnx.HasOutput(1) && !onnx.HasOutput(2)) return;
  const TensorId mean = onnx.Emit(Mean{axes, true}, {onnx.Input(0)});
  onnx.SetOutput(1, mean);
  if (!onnx.HasOutput(2)) return;
  const TensorId square = onnx.Emit(SquaredDifference{}, {onnx.Input(0), mean});
  const TensorId variance = onnx.Emit(Mean{axes, true}, {square});
  onnx.SetOutput(2, onnx.Emit(Rsqrt{}, {onnx.Emit(Add{}, {variance, Scalar(onnx, epsilon)})}));
}

}  // namespace

TensorId EmitNormalized(OnnxNode& onnx, TensorId x, const std::vector<int>& axes, float epsilon) {
  const TensorId mean = onnx.Emit(Mean{axes, true}, {x});
  const TensorId centred = onnx.Emit(Sub{}, {x, mean});
  return EmitScaled(onnx, centred, onnx.Emit(SquaredDifference{}, {x, mean}), axes, epsilon);
}

TensorId EmitRmsNormalized(OnnxNode& onnx, TensorId x, const std::vector<int>& axes,
                           float epsilon) {
  return EmitScaled(onnx, x, onnx.Emit(Square{}, {x}), axes, epsilon);
}

void ReadLayerNormalization(OnnxNode& onnx) {
  const size_t rank = onnx.InputTensor(0).rank();
  const std::vector<int> axes = AxesFrom(NormalizeAxis(onnx.Int("axis", -1), rank), rank);
  const float epsilon = onnx.Float("epsilon", 1e-5F);
  TensorId y = EmitNormalized(onnx, onnx.Input(0), axes, epsilon);
  if (onnx.HasInput(1)) y = onnx.Emit(Mul{}, {y, onnx.Input(1)});
  if (onnx.HasInput(2)) y = onnx.Emit(Add{}, {y, onnx.Input(2)});
  onnx.SetOutput(0, y);
  SetStatistics(onnx, axes, epsilon);
}

void ReadRmsNormalization(OnnxNode& onnx) {
  const size_t rank = onnx.InputTensor(0).rank();
  const std::vector<int> axes = AxesFrom(NormalizeAxis(onnx.Int("axis", -1), rank), rank);
  const TensorId y = EmitRmsNormalized(onnx, onnx.Input(0), axes, onnx.Float("epsilon", 1e-5F));
  onnx.SetOutput(0, onnx.Emit(Mul{}, {y, onnx.Input(1)}));
}

void ReadInstanceNormalization(OnnxNode& onnx) {
  const std::vector<int> axes = AxesFrom(2, RequireChannels(onnx).size());
  const TensorId y = EmitNormalized(onnx, onnx.Input(0), axes, onnx.Float("epsilon", 1e-5F));
  onnx.SetOutput(0, EmitPerChannel(onnx, y));
}

/// Before opset 21 scale and offset are given per group, then per channel.
void ReadGroupNormalization(OnnxNode& onnx) {
  const Shape shape = RequireChannels(onnx);
  const int64_t groups = onnx.Int("num_groups", 0);
  if (groups < 1 || shape[1] % groups != 0) {
    Fail(ErrorKind::kUnusable, std::to_string(groups) + " groups of shape " + ToText(shape));
  }
  Shape grouped = shape;
  grouped[1] = shape[1] / groups;
  grouped.insert(grouped.begin() + 1, groups);
  const TensorId x = onnx.EmitReshape(onnx.Input(0), grouped);
  const float epsilon = onnx.Float("epsilon", 1e-5F);
  const TensorId y = EmitNormalized(onnx, x, AxesFrom(2, grouped.size()), epsilon);
  if (onnx.opset() < 21) {
    onnx.SetOutput(0, onnx.EmitReshape(EmitPerChannel(onnx, y), shape));
  } else {
    onnx.SetOutput(0, EmitPerChannel(onnx, onnx.EmitReshape(y, shape)));
  }
}

void ReadMeanVarianceNormalization(OnnxNode& onnx) {
  const size_t rank = onnx.InputTensor(0).rank();
  const std::vector<int64_t> given = onnx.Has("axes") ? onnx.Ints("axes")  //
                                                      : std::vector<int64_t>{0, 2, 3};
  std::vector<int> axes;
  for (int64_t axis : given) axes.push_back(NormalizeAxis(axis, rank));
  std::sort(axes.begin(), axes.end());
  constexpr float kEpsilon = 1e-9F;  // ONNX's own
  onnx.SetOutput(0, EmitNormalized(onnx, onnx.Input(0), axes, kEpsilon));
}

void ReadLpNormalization(OnnxNode& onnx) {
  const int axis = NormalizeAxis(onnx.Int("axis", -1), onnx.InputTensor(0).rank());
  const int64_t p = onnx.Int("p", 2);
  if (p != 1 && p != 2) Fail(ErrorKind::kUnusable, "p = " + std::to_string(p));
  const TensorId x = onnx.Input(0);
  const TensorId powers = p == 1 ? onnx.Emit(Abs{}, {x}) : onnx.Emit(Square{}, {x});
  TensorId norm = onnx.Emit(Sum{{axis}, true}, {powers});
  if (p == 2) norm = onnx.Emit(Sqrt{}, {norm});
  constexpr float kSmallest = 1e-12F;  // a vector of zeros stays one
  onnx.EmitOutput(Div{}, {x, onnx.Emit(Maximum{}, {norm, Scalar(onnx, kSmallest)})});
}

}  // namespace qconvert
