#include "lib/ops/microsoft_attention.h"

#include <array>
#include <numeric>
#include <vector>

#include "lib/base/error.h"
#include "lib/ops/attention_parts.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/matmul.h"

namespace qconvert {
namespace {

using Operands = std::array<TensorId, 3>;  // queries, keys, values

/// Emits one index of an axis, which the result lacks.
TensorId EmitIndex(OnnxNode& onnx, TensorId id, size_t axis, int64_t index) {
  StridedSlice slice;
  slice.size = onnx.tensor(id).shape;
  slice.begin.assign(slice.size.size(), 0);
  slice.stride.assign(slice.size.size(), 1);
  slice.begin.at(axis) = index;
  slice.size.at(axis) = 1;
  Shape shape = slice.size;
  shape.erase(shape.begin() + static_cast<int64_t>(axis));
  return onnx.EmitReshape(onnx.Emit(std::move(slice), {id}), std::move(shape));
}

/// Adds 0 .. count - 1 along the last axis of `rank`.
TensorId AddPlaces(OnnxNode& onnx, size_t rank, int64_t count, ElementType type) {
  RequireHoldableMask(1, count);
  std::vector<int64_t> places(static_cast<size_t>(count));
  std::iota(places.begin(), places.end(), int64_t{0});
  Shape shape(rank, 1);
  shape.back() = count;
  const TensorId id =
      onnx.AddConstant(MakeConstantTensor("constant", std::move(shape), std::move(places)));
  return type == ElementType::kInt64 ? id : onnx.Emit(Cast{type}, {id});
}

/// Emits what a mask of keys adds to the scores.
///   mask  [B] how many keys count, or [B, S] or [B, T, S] with 0 for those that do not
TensorId EmitPaddingBias(OnnxNode& onnx, TensorId mask, const Shape& query, int64_t keys) {
  const Tensor& tensor = onnx.tensor(mask);
  const ElementType type = tensor.type;
  const Shape shape = tensor.shape;
  TensorId counts = kNoTensor;
  if (shape == Shape{query[0]}) {
    const TensorId lengths = onnx.EmitReshape(mask, {query[0], 1, 1, 1});
    counts = onnx.Emit(Less{}, {AddPlaces(onnx, 4, keys, type), lengths});
  } else if ((shape.size() == 2 || shape.size() == 3) && shape[0] == query[0]) {
    const int64_t rows = shape.size() == 3 ? shape[1] : 1;
    const TensorId of_heads = onnx.EmitReshape(mask, {shape[0], 1, rows, shape.back()});
    counts = onnx.Emit(Greater{}, {of_heads, AddScalar(onnx, type, 0)});
  } else {
    onnx.Refuse("a mask of shape " + ToText(shape));
  }
  return EmitMaskBias(onnx, counts, onnx.Float("mask_filter_value", -10000));
}

/// Sets what masks keys: `mask` by operand, the order if it is `unidirectional`, and a bias.
void SetMasks(OnnxNode& onnx, size_t mask, size_t bias, int64_t past, Attention& attention) {
  const Shape query = onnx.tensor(attention.query).shape;
  const int64_t keys = onnx.tensor(attention.key).shape.at(2);
  if (onnx.HasInput(mask)) {
    attention.bias = EmitPaddingBias(onnx, onnx.Input(mask), query, keys);
  }
  if (onnx.HasInput(bias)) attention.bias = EmitSum(onnx, attention.bias, onnx.Input(bias));
  if (onnx.Int("unidirectional", 0) == 0) return;
  attention.seen = AddSeenKeys(onnx, query.at(2), keys, {.left = -1, .right = 0, .offset = past});
}

void RefuseOperands(const OnnxNode& onnx, size_t first) {
  for (size_t i = first; i < onnx.input_count(); ++i) {
    if (onnx.HasInput(i)) onnx.Refuse("operand " + std::to_string(i) + ", a buffer of the past");
  }
}

/// Emits the features of queries, keys and values of x W + b: as many each, unless it says how
/// many.
Operands EmitProjections(OnnxNode& onnx) {
  TensorId all = EmitProduct(onnx, onnx.Input(0), onnx.Input(1));
  if (onnx.HasInput(2)) all = onnx.Emit(Add{}, {all, onnx.Input(2)});
  const Shape shape = onnx.tensor(all).shape;
  std::vector<int64_t> sizes = onnx.Ints("qkv_hidden_sizes");
  if (sizes.empty()) sizes.assign(3, shape.back() / 3);
  if (shape.size() != 3 || sizes.size() != 3 || sizes[0] + sizes[1] + sizes[2] != shape[2]) {
    Fail(ErrorKind::kUnusable, "projections of shape " + ToText(shape));
  }
  const TensorId first = onnx.Emit(Split{2, std::move(sizes)}, {all}, 3);
  return {first, first + 1, first + 2};
}

/// Emits keys and values behind those of the past [2, B, H, P, D], and gives both out.
void AppendToPast(OnnxNode& onnx, Attention& attention) {
  std::vector<TensorId> present;
  for (TensorId* id : {&attention.key, &attention.value}) {
    if (onnx.HasInput(4)) {
      const TensorId past = EmitIndex(onnx, onnx.Input(4), 0, static_cast<int64_t>(present.size()));
      *id = onnx.Emit(Concat{2}, {past, *id});
    }
    Shape shape = onnx.tensor(*id).shape;
    shape.insert(shape.begin(), 1);
    present.push_back(onnx.HasOutput(1) ? onnx.EmitReshape(*id, std::move(shape)) : *id);
  }
  if (onnx.HasOutput(1)) onnx.SetOutput(1, onnx.Emit(Concat{0}, present));
}

/// Emits operand i with its part of the bias, [B, T, H D], of which `begin` features come before.
TensorId EmitBiased(OnnxNode& onnx, size_t i, int64_t begin) {
  const TensorId x = onnx.Input(i);
  if (!onnx.HasInput(3)) return x;
  const int64_t features = onnx.tensor(x).shape.back();
  const TensorId bias = onnx.Emit(StridedSlice{{begin}, {1}, {features}}, {onnx.Input(3)});
  return onnx.Emit(Add{}, {x, bias});
}

/// Emits [B, T, H, N, D] -> [B, H, T, D], number i of N.
TensorId EmitUnpacked(OnnxNode& onnx, TensorId packed, int64_t i) {
  if (onnx.HasInput(3)) onnx.Refuse("a bias of packed heads");
  const Shape& shape = onnx.tensor(packed).shape;
  if (shape.size() != 5) Fail(ErrorKind::kUnusable, "packed heads of shape " + ToText(shape));
  return onnx.EmitTranspose(EmitIndex(onnx, packed, 3, i), {0, 2, 1, 3});
}

/// Emits the heads of queries, keys and values, each by itself or packed.
Operands EmitAllHeads(OnnxNode& onnx) {
  const int64_t heads = onnx.Int("num_heads", 0);
  const TensorId query = onnx.Input(0);
  if (!onnx.HasInput(1)) {
    return {EmitUnpacked(onnx, query, 0), EmitUnpacked(onnx, query, 1),
            EmitUnpacked(onnx, query, 2)};
  }
  const int64_t features = onnx.tensor(query).shape.back();
  const TensorId queries = EmitSplitHeads(onnx, EmitBiased(onnx, 0, 0), heads);
  const TensorId key = onnx.Input(1);
  if (onnx.tensor(key).rank() == 5) {
    return {queries, EmitUnpacked(onnx, key, 0), EmitUnpacked(onnx, key, 1)};
  }
  if (onnx.tensor(key).rank() == 4) return {queries, key, onnx.Input(2)};
  const int64_t before = features + onnx.tensor(key).shape.back();
  return {queries, EmitSplitHeads(onnx, EmitBiased(onnx, 1, features), heads),
          EmitSplitHeads(onnx, EmitBiased(onnx, 2, before), heads)};
}

void EmitOutputs(OnnxNode& onnx, Attention attention) {
  attention.scale = onnx.Float("scale", 0);
  onnx.SetOutput(0, EmitJoinedHeads(onnx, EmitAttention(onnx, attention).result));
}

/// Returns how many keys come before those of this node, whose operand has them along axis 2 or 3.
int64_t PastOf(const OnnxNode& onnx, size_t operand) {
  if (!onnx.HasInput(operand)) return 0;
  const Shape& shape = onnx.InputTensor(operand).shape;
  if (shape.size() < 4) Fail(ErrorKind::kUnusable, "keys of the past of shape " + ToText(shape));
  return shape[shape.size() - 2];
}

}  // namespace

void ReadMicrosoftAttention(OnnxNode& onnx) {
  RefuseOperands(onnx, 6);
  if (onnx.Int("do_rotary", 0) != 0) onnx.Refuse("do_rotary");
  const int64_t heads = onnx.Int("num_heads", 0);
  Operands operands = EmitProjections(onnx);
  for (TensorId& id : operands) id = EmitSplitHeads(onnx, id, heads);
  Attention attention{operands[0], operands[1], operands[2]};
  AppendToPast(onnx, attention);
  SetMasks(onnx, 3, 5, PastOf(onnx, 4), attention);
  EmitOutputs(onnx, attention);
}

void ReadMultiHeadAttention(OnnxNode& onnx) {
  RefuseOperands(onnx, 8);
  const Operands operands = EmitAllHeads(onnx);
  Attention attention{operands[0], operands[1], operands[2]};
  if (onnx.HasInput(6)) attention.key = onnx.Emit(Concat{2}, {onnx.Input(6), attention.key});
  if (onnx.HasInput(7)) attention.value = onnx.Emit(Concat{2}, {onnx.Input(7), attention.value});
  onnx.SetOutput(1, attention.key);
  onnx.SetOutput(2, attention.value);
  SetMasks(onnx, 4, 5, PastOf(onnx, 6), attention);
  EmitOutputs(onnx, attention);
}

/// The places are [B, T], or the first of T that follow each other.
void ReadMicrosoftRotaryEmbedding(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const Shape shape = onnx.tensor(x).shape;
  if (shape.size() != 3 && shape.size() != 4) Fail(ErrorKind::kUnusable, "shape " + ToText(shape));
  TensorId places = onnx.Input(1);
  if (onnx.tensor(places).rank() < 2) {
    const ElementType type = onnx.tensor(places).type;
    const TensorId count = AddPlaces(onnx, 2, shape[shape.size() - 2], type);
    places = onnx.Emit(Add{}, {count, places});
  }
  Rotation rotation{.x = x,
                    .heads_first = shape.size() == 4,
                    .cosines = onnx.Emit(Gather{0}, {onnx.Input(2), places}),
                    .sines = onnx.Emit(Gather{0}, {onnx.Input(3), places}),
                    .features = onnx.Int("rotary_embedding_dim", 0),
                    .interleaved = onnx.Int("interleaved", 0) != 0};
  if (!rotation.heads_first) {
    const int64_t of_table = 2 * onnx.InputTensor(2).shape.back();
    const int64_t heads = onnx.Int("num_heads", 0);
    const int64_t features = heads > 0 ? shape[2] / heads : of_table;
    if (features == 0 || shape[2] % features != 0) {
      Fail(ErrorKind::kUnusable, std::to_string(heads) + " heads of shape " + ToText(shape));
    }
    rotation.x = onnx.EmitReshape(x, {shape[0], shape[1], shape[2] / features, features});
  }
  const TensorId rotated = onnx.EmitReshape(EmitRotation(onnx, rotation), shape);
  onnx.SetOutput(0, EmitScaled(onnx, rotated, onnx.Float("scale", 1)));
}

}  // namespace qconvert
