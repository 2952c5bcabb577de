#include "lib/ops/onnx_masks.h"

#include <algorithm>
#include <numeric>

#include "lib/ops/elementwise.h"
#include "lib/ops/onnx_quantization.h"

namespace qconvert {
namespace {

/// Adds a constant of bools.
TensorId AddMask(OnnxNode& onnx, Shape shape, std::vector<uint8_t> values) {
  Tensor mask{onnx.name() + "_mask", ElementType::kBool, std::move(shape)};
  mask.constant = MakeConstant(std::move(values));
  return onnx.AddConstant(std::move(mask));
}

/// Returns which elements of a matrix lie on a diagonal, or beyond: holds(column - row).
template <typename Holds>
std::vector<uint8_t> Diagonals(int64_t rows, int64_t columns, Holds holds) {
  std::vector<uint8_t> mask;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      mask.push_back(holds(column - row) ? 1 : 0);
    }
  }
  return mask;
}

/// Adds one zero of any type.
TensorId AddZero(OnnxNode& onnx, ElementType type) {
  Tensor zero{onnx.name() + "_zero", type, {}};
  zero.constant = MakeConstant(std::vector<std::byte>(ElementBytes(type)));
  return onnx.AddConstant(std::move(zero));
}

/// Returns [..., 1, ...] with the places 0 .. count - 1 along an axis.
TensorId AddPlaces(OnnxNode& onnx, size_t rank, size_t axis, int64_t count) {
  std::vector<int64_t> places(static_cast<size_t>(count));
  std::iota(places.begin(), places.end(), int64_t{0});
  Shape shape(rank, 1);
  shape[axis] = count;
  return onnx.AddConstant(MakeConstantTensor(onnx.name() + "_places", shape, std::move(places)));
}

TensorId AsInt64(OnnxNode& onnx, TensorId x) {
  const bool is = onnx.tensor(x).type == ElementType::kInt64;
  return is ? x : onnx.Emit(Cast{ElementType::kInt64}, {x});
}

int64_t OnlyInt(const OnnxNode& onnx, size_t i) {
  if (onnx.InputTensor(i).is_float()) {
    const std::vector<float> values = onnx.ConstantFloats(i);
    if (values.size() == 1) return static_cast<int64_t>(values[0]);
  } else {
    const std::vector<int64_t> values = onnx.ConstantInts(i);
    if (values.size() == 1) return values[0];
  }
  Fail(ErrorKind::kUnusable, "input " + std::to_string(i) + " is not one number");
}

/// Returns where the first element of an axis comes to lie when it is centred in another size:
/// below 0 when it is cropped.
int64_t CentredBegin(int64_t from, int64_t to) {
  return to >= from ? (to - from) / 2 : -((from - to) / 2);
}

}  // namespace

void ReadTrilu(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const Shape shape = onnx.tensor(x).shape;
  const ElementType type = onnx.tensor(x).type;
  if (shape.size() < 2) Fail(ErrorKind::kUnusable, "an operand that is no matrix");
  const int64_t k = onnx.HasInput(1) ? OnlyInt(onnx, 1) : 0;
  const bool upper = onnx.Int("upper", 1) != 0;
  const int64_t rows = shape[shape.size() - 2], columns = shape.back();
  const TensorId mask =
      AddMask(onnx, {rows, columns},
              Diagonals(rows, columns, [&](int64_t d) { return upper ? d >= k : d <= k; }));
  if (type == ElementType::kBool) return onnx.EmitOutput(LogicalAnd{}, {x, mask});
  onnx.EmitOutput(Select{}, {mask, x, AddZero(onnx, type)});
}

void ReadEyeLike(OnnxNode& onnx) {
  const Tensor& like = onnx.InputTensor(0);
  if (like.rank() != 2) Fail(ErrorKind::kUnusable, "an operand that is no matrix");
  const int64_t k = onnx.Int("k", 0), rows = like.shape[0], columns = like.shape[1];
  const ElementType type = onnx.Has("dtype") ? TypeOf(onnx, onnx.Int("dtype", 1)) : like.type;
  const TensorId mask =
      AddMask(onnx, {rows, columns}, Diagonals(rows, columns, [k](int64_t d) { return d == k; }));
  onnx.SetOutput(0, type == ElementType::kBool ? mask : onnx.Emit(Cast{type}, {mask}));
}

/// An index may count from the end; one that is out of range has no hot place.
void ReadOneHot(OnnxNode& onnx) {
  const int64_t depth = OnlyInt(onnx, 1);
  if (depth < 1 || depth > (1 << 24)) Fail(ErrorKind::kUnusable, "an absurd depth");
  const TensorId indices = AsInt64(onnx, onnx.Input(0));
  Shape shape = onnx.tensor(indices).shape;
  const auto axis = static_cast<size_t>(NormalizeAxis(onnx.Int("axis", -1), shape.size() + 1));
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  const TensorId index = onnx.EmitReshape(indices, shape);
  const TensorId places = AddPlaces(onnx, shape.size(), axis, depth);
  const TensorId size = onnx.AddConstant(MakeConstantTensor<int64_t>("depth", {}, {depth}));
  const TensorId from_end = onnx.Emit(Add{}, {index, size});
  const TensorId hot = onnx.Emit(
      LogicalOr{}, {onnx.Emit(Equal{}, {index, places}), onnx.Emit(Equal{}, {from_end, places})});
  const auto value = [&](int32_t i) {
    const TensorId at = onnx.AddConstant(MakeConstantTensor<int32_t>("which", {}, {i}));
    return onnx.Emit(Gather{0}, {onnx.Input(2), at});
  };
  onnx.EmitOutput(Select{}, {hot, value(1), value(0)});
}

/// 1 at the first largest element; before opset 13 of all axes from `axis` on.
void ReadHardmax(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  const bool old = onnx.opset() < 13;
  auto axis = static_cast<size_t>(NormalizeAxis(onnx.Int("axis", old ? 1 : -1), shape.size()));
  Shape whole = shape;
  if (old) {
    const auto middle = shape.begin() + static_cast<std::ptrdiff_t>(axis);
    const auto product = std::multiplies<>();
    whole = {std::accumulate(shape.begin(), middle, int64_t{1}, product),
             std::accumulate(middle, shape.end(), int64_t{1}, product)};
    axis = 1;
  }
  const TensorId x = onnx.EmitReshape(onnx.Input(0), whole);
  const TensorId largest = onnx.Emit(ArgMax{static_cast<int>(axis), ElementType::kInt64}, {x});
  Shape kept = whole;
  kept[axis] = 1;
  const TensorId places = AddPlaces(onnx, whole.size(), axis, whole[axis]);
  const TensorId hot = onnx.Emit(Equal{}, {onnx.EmitReshape(largest, kept), places});
  onnx.SetOutput(0, onnx.EmitReshape(onnx.Emit(Cast{ElementType::kFloat32}, {hot}), shape));
}

void ReadCenterCropPad(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  const std::vector<int64_t> sizes = onnx.ConstantInts(1);
  std::vector<int64_t> axes = onnx.Ints("axes");
  for (size_t i = 0; !onnx.Has("axes") && i < shape.size(); ++i) {
    axes.push_back(static_cast<int64_t>(i));
  }
  if (axes.size() != sizes.size()) Fail(ErrorKind::kUnusable, "its shape does not fit its axes");
  const std::vector<int64_t> zeros(shape.size(), 0);
  StridedSlice crop{zeros, std::vector<int64_t>(shape.size(), 1), shape};
  Pad pad{zeros, zeros, 0};
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(NormalizeAxis(axes[i], shape.size()));
    const int64_t begin = CentredBegin(shape[axis], sizes[i]);
    crop.begin[axis] = std::max<int64_t>(-begin, 0);
    crop.size[axis] = std::min(shape[axis], sizes[i]);
    pad.before[axis] = std::max<int64_t>(begin, 0);
    pad.after[axis] = sizes[i] - crop.size[axis] - pad.before[axis];
  }
  TensorId result = onnx.Input(0);
  if (crop.size != shape) result = onnx.Emit(crop, {result});
  if (pad.before != zeros || pad.after != zeros) result = onnx.Emit(pad, {result});
  onnx.SetOutput(0, result);
}

}  // namespace qconvert
